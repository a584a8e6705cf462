"""The pictures that benchmarks work on: free photographs of a Debian package, screenshots and awkward ones made here.

The photographs (CC0, CC-BY-4.0, CC-BY-SA-4.0; facts/encoding.md, 1) are never kept in the repository: they come by
``apt-get download`` into a cache folder. Half of them is there to tune the encoders on, the other half to report.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tests.support import pictures

PACKAGE = "lomiri-wallpapers-16.04"
PHOTOS = (
    "Bridge_by_Sander_Klootwijk.jpg",
    "Dragonfly_by_Bolly.jpg",
    "Picture_0B_by_freespace.jpg",
    "Wine_by_Jakkub_Mede.jpg",
    "aitzgorri_by_Aitzol_Berasategi.jpg",
    "free_by_Peter_Nerlich.jpg",
    "friends_by_Aitzol_Berasategi.jpg",
    "greentock_by_Peter_Nerlich.jpg",
    "life_by_Aitzol_Berasategi.jpg",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "seeding_by_Clements_Engelhardt.jpg",
    "sunset_by_Aitzol_Berasategi.jpg",
)
KINDS = ("photographs", "screenshots")
HALVES = ("tune", "report", "judge", "all")


class Unavailable(Exception):
    """Why there is nothing to measure."""


def pictures_of(kind: str, folder: Path | None = None) -> list[Path]:
    """All pictures of a kind, sorted by name, from ``folder`` or the user's cache; downloaded or made if missing.

    A folder with pictures of its own, and none of ours, is taken as it is. Raises Unavailable.
    """
    if kind == "photographs":
        return photos(folder)
    from tests.bench import screenshots

    own = sorted(folder.glob("*.png")) if folder is not None else []
    if own and not {path.stem for path in own} & {scene.name for scene in screenshots.SCENES}:
        return own
    try:
        return screenshots.take(folder or cache_folder().with_name(f"screenshots-{screenshots.key()}"))
    except screenshots.Unavailable as error:
        raise Unavailable(str(error)) from error


def photos(folder: Path | None = None) -> list[Path]:
    """The photographs, sorted by name, from ``folder`` or the user's cache; downloaded when they are not there yet.

    A folder with photographs of its own, and none of ours, is taken as it is. Raises Unavailable.
    """
    folder = folder or cache_folder()
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    ours = [path for path in found if path.name in PHOTOS]
    if found and not ours:
        return found
    if len(ours) < len(PHOTOS):
        _download(folder)
    return [folder / name for name in sorted(PHOTOS)]


def half(paths: Sequence[Path], which: str) -> list[Path]:
    """``tune``: the even ones of the sorted pictures; ``report`` or ``judge``: the odd ones; ``all``."""
    ordered = sorted(paths)
    return {"tune": ordered[0::2], "all": ordered}.get(which, ordered[1::2])


def cache_folder() -> Path:
    """Where downloads are kept: outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "imageseo-bench" / "corpus"


def fixtures(folder: Path) -> list[Path]:
    """What photographs do not show: transparency, Display P3's colours, a turned camera."""
    photo = pictures.photo(960, 600, 5)
    soft = Image.radial_gradient("L").resize(photo.size).point(lambda value: 255 - value)
    see_through = photo.copy()
    see_through.putalpha(soft)
    made = {
        "alpha.png": pictures.save(see_through, "PNG"),
        "p3.jpg": pictures.save(photo, "JPEG", quality=92, icc_profile=pictures.p3_like()),
        "turned.jpg": pictures.save(
            photo.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=pictures.exif({0x0112: 6})
        ),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return sorted(path for path in folder.iterdir() if path.is_file())


def _download(folder: Path) -> None:
    missing = [program for program in ("apt-get", "dpkg-deb") if shutil.which(program) is None]
    if missing:
        raise Unavailable(f"no photographs in {folder}, and no {' or '.join(missing)} to fetch {PACKAGE} with")
    with tempfile.TemporaryDirectory() as scratch:
        got = subprocess.run(["apt-get", "download", PACKAGE], cwd=scratch, capture_output=True, text=True, check=False)
        packages = list(Path(scratch).glob("*.deb"))
        if not packages:
            words = (got.stderr.strip() or got.stdout.strip() or "it said nothing").splitlines()[-1]
            raise Unavailable(f"no photographs in {folder}, and apt-get download {PACKAGE} failed: {words}")
        unpacked = Path(scratch) / "unpacked"
        subprocess.run(["dpkg-deb", "-x", packages[0], unpacked], check=True, capture_output=True)
        folder.mkdir(parents=True, exist_ok=True)
        for path in unpacked.rglob("*.jpg"):
            if path.name in PHOTOS:
                shutil.copy(path, folder / path.name)
    absent = [name for name in PHOTOS if not (folder / name).exists()]
    if absent:
        raise Unavailable(f"{PACKAGE} no longer holds {', '.join(absent)}")
