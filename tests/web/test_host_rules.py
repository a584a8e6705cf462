"""Tests of the rules that are written for hosts: marked blocks, redirects, cache headers; and of nginx and Apache."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from imageseo.web.delivery import cache_headers, redirects
from imageseo.web.delivery.marked_block import DamagedBlock, with_block, without_block
from imageseo.web.delivery.redirects import limit_fault, parse_rules, resolved
from tests.support.small_sites import write

_OWN = ["", "a\n", "a", "a\r\nb\r\n", "a\r\nb", "\ufeffa\n", "# c\n\n/* /x 200\n"]


def test_block_is_written_once_and_can_be_taken_out_again() -> None:
    for own in _OWN:
        for last in (False, True):
            text = with_block(own, "headers", ["one", "two"], last=last)
            assert with_block(text, "headers", ["one", "two"], last=last) == text, own
            assert without_block(text, "headers") == own, (own, last)
            changed = with_block(text, "headers", ["three"], last=last)
            assert "one" not in changed
            assert without_block(changed, "headers") == own
            assert with_block(text, "headers", [], last=last) == own
            both = with_block(text, "redirects", ["four"], last=last)
            assert without_block(without_block(both, "headers"), "redirects") == own


def test_damaged_block_is_refused() -> None:
    text = with_block("a\n", "headers", ["one"], last=True)
    begin, end = text.splitlines()[1], text.splitlines()[3]
    for damaged, line in {
        text.replace(end + "\n", ""): "line 2",
        text.replace(begin + "\n", ""): "line 3",
        text + text: "lines 2, 4, 6, 8",
        f"{end}\n{begin}\n": "lines 1, 2",
    }.items():
        with pytest.raises(DamagedBlock, match=line):
            without_block(damaged, "headers")


def test_rules_are_counted_as_cloudflare_does() -> None:
    exact = [f"/a{number}" for number in range(101)]
    assert limit_fault([*exact, "/*"]) is None
    assert "102 redirects from the first one with a wildcard" in (limit_fault(["/*", *exact]) or "")
    assert limit_fault([*map(str, range(2000)), *["/x/:y"] * 100]) is None
    assert "2,001 static" in (limit_fault(f"/{each}" for each in range(2001)) or "")
    assert "101 redirects" in (limit_fault(["/x/:y"] * 101) or "")
    assert limit_fault(["https://example.org/a"] * 1000) is None


def test_redirects_make_neither_chains_nor_loops() -> None:
    rules = parse_rules("# c\n/b /c 301\n/own /x\n/loop /a2\n/away https://example.org/z\n/* /index.html 200\nbroken\n")
    assert [rule.source for rule in rules] == ["/b", "/own", "/loop", "/away", "/*"]
    wanted = {"/a": "/b", "/own": "/d", "/a2": "/loop", "/a3": "/away", "/a4": "/free"}
    assert resolved(wanted, rules) == {"/a": "/c", "/a4": "/free"}


def test_names_are_written_so_that_hosts_read_them() -> None:
    odd = {'/a b,(1)*:x"\\$é.jpg': "/new/é.jpg"}
    lines = redirects.netlify(odd, forced=False)
    assert lines[0] == "/a%20b,(1)%2A%3Ax%22%5C%24%C3%A9.jpg /new/%C3%A9.jpg 301"
    assert len(lines) == 2, "the other Unicode form too"
    assert all(len(line.split()) == 3 for line in lines)
    assert redirects.netlify({"/a.jpg": "/b.jpg"}, forced=True) == ["/a.jpg /b.jpg 301!"]


def test_patterns_match_variants_alone() -> None:
    first, second, other = "a/b-640w.0123abcd.avif", "c/d/e-80w.0123abcd.avif", "c/own.avif"
    assert cache_headers.hashed_patterns(["x.jpg", "x.webp"]) == []
    assert cache_headers.hashed_patterns([first, second, "x.webp"]) == ["/*.avif"]
    assert cache_headers.hashed_patterns([first, second, other]) == ["/a/*.avif", "/c/d/*.avif"]
    assert cache_headers.hashed_patterns([second, "c/d/own.avif"]) == ["/c/d/e-80w.0123abcd.avif"]
    assert cache_headers.hashed_patterns(["ä b/c-1w.0123abcd.webp", "d.webp"]) == ["/%C3%A4%20b/*.webp"]


_FILES = {
    "harbour.jpg": b"new",
    "IMG_1.jpg": b"old",
    'IMG "2" $x.jpg': b"old",
    "images/é.jpg": b"new",
    "a-640w.0123abcd.avif": b"avif",
    "a-640w.0123abcd.webp": b"webp",
    "own.avif": b"own",
    "index.html": b"<p>",
}
_MOVED = {"/IMG_1.jpg": "/harbour.jpg", '/IMG "2" $x.jpg': "/images/é.jpg"}


def test_nginx_reads_the_rules(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    port = _free_port()
    site = write(tmp_path / "site", _FILES)
    rules = "\n".join([*cache_headers.nginx(), *redirects.nginx(_MOVED)])
    write(tmp_path, {"rules.conf": rules, "nginx.conf": _NGINX.format(folder=tmp_path, port=port, site=site)})
    command = [nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    _check_server(port, command)


def test_apache_reads_the_rules() -> None:
    apache = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")
    modules = Path("/usr/lib/apache2/modules")
    if apache is None or not modules.is_dir():
        pytest.skip("apache2 is not installed")
    port = _free_port()
    types = {".avif": "image/avif", ".webp": "image/webp"}
    rules = "\n".join([*redirects.apache(_MOVED), *cache_headers.apache(types)])
    with tempfile.TemporaryDirectory() as name:  # as root, Apache reads as another user, who cannot read tmp_path
        folder = Path(name)
        folder.chmod(0o755)
        site = write(folder / "site", {**_FILES, ".htaccess": rules})
        write(folder, {"httpd.conf": _APACHE.format(folder=folder, port=port, site=site, modules=modules), "types": ""})
        _check_server(port, [apache, "-f", str(folder / "httpd.conf"), "-DFOREGROUND"])


def _check_server(port: int, command: list[str]) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            _wait(port, server)
            immutable = cache_headers.IMMUTABLE
            for path, kind, caching in (
                ("a-640w.0123abcd.avif", "image/avif", immutable),
                ("a-640w.0123abcd.webp", "image/webp", immutable),
                ("own.avif", "image/avif", None),
                ("harbour.jpg", None, None),
            ):
                status, headers = _get(port, path)
                assert status == 200, path
                assert headers.get("Cache-Control") == caching, path
                assert kind is None or headers["Content-Type"] == kind, path
                assert "Vary" not in headers, "each URL has one format"
            for path, target in (("IMG_1.jpg", "/harbour.jpg"), ("IMG%20%222%22%20$x.jpg", "/images/%C3%A9.jpg")):
                status, headers = _get(port, path)
                assert (status, headers["Location"].partition(str(port))[2]) == (301, target), path
                assert _get(port, target[1:])[0] == 200
            assert _get(port, "b-640w.0123abcd.avif")[1].get("Cache-Control") is None, "no error is cached"
        finally:
            server.terminate()
            server.communicate(timeout=10)


def _get(port: int, path: str) -> tuple[int, dict[str, str]]:
    class _Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        with urllib.request.build_opener(_Stay).open(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            pytest.fail(f"it ended: {server.stdout.read().decode() if server.stdout else ''}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("it does not answer")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


_NGINX = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{}}
http {{ include /etc/nginx/mime.types; access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; location / {{ root {site}; }} include {folder}/rules.conf; }} }}
"""
_APACHE = """ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/log
Mutex file:{folder} default
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule headers_module {modules}/mod_headers.so
TypesConfig {folder}/types
User www-data
Group www-data
DocumentRoot {site}
<Directory {site}>
AllowOverride FileInfo
Require all granted
</Directory>
"""
