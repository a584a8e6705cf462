"""The policy: blocked words, brands, persons, negatives, weights; what is sent has no personal data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from imageseo.cli.commands import adopt, variations
from imageseo.cli.commands import generate as generate_command
from imageseo.config.policy import PolicySettings
from imageseo.heroes.audit.log import path_of
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.policy.persons import KINDS, find_personal, redact
from imageseo.heroes.policy.rules import Policy
from imageseo.heroes.policy.scrub import scrub
from imageseo.heroes.policy.sending import guarded_sender
from imageseo.heroes.policy.weights import weights_of
from imageseo.heroes.policy.words import find_terms
from imageseo.heroes.providers.procedural import Procedural
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import PolicyError, ProviderError
from imageseo.model.hero import HeroRequest, HeroTerms, Master, Recipe
from imageseo.model.protocols import HeroProvider, PreviewProvider, SizedProvider
from tests.support import pictures, small_sites

PROVIDER = cast("HeroProvider", Procedural())
PAGE = "docs/index.md"
PROMPT = "Max Mustermann (max@firma.de) nude, Coca-Cola logo"
LISTS = 'words = ["nude"]\nbrands = ["Coca-Cola"]\npersonal = "refuse"\n'


def hero(prompt: str, **more: Any) -> str:
    keys = {"style": "topo", "seed": 1, "width": 64, "height": 64, "alt": "A", "prompt": prompt, **more}
    return f"---\nhero: {json.dumps(keys)}\n---\n# A\n"


def site(folder: Path, text: str, policy: str = 'profile = "commercial"\n') -> Project:
    small_sites.mkdocs_site(folder, files={PAGE: text})
    (folder / "imageseo.toml").write_text(f"[policy]\n{policy}")
    return detect_project(folder, config=None, note=lambda _: None)


def request(prompt: str, *, consent: str | None = None, **options: Any) -> HeroRequest:
    recipe = Recipe(provider="procedural", seed=1, width=64, height=64, options={"prompt": prompt, **options})
    return HeroRequest(page=PAGE, recipe=recipe, terms=HeroTerms(consent=consent))


def check(settings: PolicySettings, asked: HeroRequest, project: Path = Path()) -> str:
    try:
        Policy(settings=settings, project=project).check(asked, PROVIDER)
    except PolicyError as error:
        return error.message
    return ""


class TestRefusals:
    @pytest.mark.parametrize("policy", ['profile = "commercial"\n', LISTS])
    def test_every_reason_is_named_before_anything_is_drawn(
        self, tmp_path: Path, policy: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Procedural, "produce", lambda self, recipes: pytest.fail("drawn"))
        project = site(tmp_path, hero(PROMPT), policy)
        report = generate_command.generate(project, names=(), root=None, progress=Quiet())
        said = {report.as_text()}
        said.add(generate_command.dry_run(project, names=(), root=None, progress=Quiet()).as_text().split("\n  ")[0])
        (tmp_path / "own.png").write_bytes(pictures.save(pictures.photo(64, 64), "PNG"))
        for attempt in (
            lambda: variations.run(project, "seed=2", names=(PAGE,), root=None, progress=Quiet()),
            lambda: adopt.adopt(project, tmp_path / "own.png", PAGE, root=None, source_type=None, progress=Quiet()),
        ):
            with pytest.raises(PolicyError) as caught:
                attempt()
            said.add(caught.value.message)
        for text in said:
            for words in ("'Coca-Cola'", "'nude", "'Max Mustermann'", "e-mail address", "without `consent"):
                assert words in text, text
        assert report.failed
        assert not locks.read(tmp_path / locks.NAME).pins
        assert "firma.de" not in "".join(said)

    def test_variation_whose_prompt_is_refused_is_not_made(self, tmp_path: Path) -> None:
        project = site(tmp_path, hero("mountains"))
        with pytest.raises(PolicyError, match="blocked word 'nude"):
            variations.run(project, 'prompt="a lake","nude people"', names=(PAGE,), root=None, progress=Quiet())

    def test_refusal_is_recorded_without_the_name(self, tmp_path: Path) -> None:
        project = site(tmp_path, hero(PROMPT))
        generate_command.generate(project, names=(), root=None, progress=Quiet())
        generate_command.generate(project, names=(), root=None, progress=Quiet(), frozen=True)
        (line,) = map(json.loads, path_of("heroes", tmp_path).read_text().splitlines())
        assert (line["event"], line["page"]) == ("refused", PAGE)
        assert "person without consent" in line["reason"]
        assert "Mustermann" not in json.dumps(line)

    def test_without_settings_nothing_is_refused(self, tmp_path: Path) -> None:
        project = site(tmp_path, hero(PROMPT), "")
        assert not generate_command.generate(project, names=(), root=None, progress=Quiet()).failed

    def test_pin_of_a_refused_page_is_kept(self, tmp_path: Path) -> None:
        project = site(tmp_path, hero("mountains"))
        assert not generate_command.generate(project, names=(), root=None, progress=Quiet()).failed
        before = (tmp_path / locks.NAME).read_bytes()
        (tmp_path / PAGE).write_text(hero("nude mountains"))
        assert generate_command.generate(project, names=(), root=None, progress=Quiet()).failed
        assert (tmp_path / locks.NAME).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        *("NUDE", "nüde", "n.u.d.e", "n u d e", "nu\u00adde", "nu\u200bde", "ｎｕｄｅ", "nud\u0435", "a (nude:1.3) b"),
        *("nude_woman", "nude\npeople", "NU\u0308DE", "nude's"),
    ],
)
def test_blocked_word_is_found_however_it_is_spelt(text: str) -> None:
    assert find_terms(f"a {text} scene", ("nude",)) == ["nude"]


@pytest.mark.parametrize("text", ["Coca-Cola", "coca cola", "CocaCola", "COCA‑COLA", "Coca_Cola's"])
def test_brand_is_found_however_it_is_joined(text: str) -> None:
    assert find_terms(f"a {text} can", ("Coca-Cola",)) == ["Coca-Cola"]


@pytest.mark.parametrize(("text", "term"), [("denuded", "nude"), ("Kassel", "ass"), ("a coca plant", "Coca-Cola")])
def test_words_have_boundaries(text: str, term: str) -> None:
    assert not find_terms(text, (term,))


def test_negative_prompt_may_and_must_name_what_is_unwanted() -> None:
    settings = PolicySettings(words=("nude",), negative=("nude", "text"))
    assert not check(settings, request("mountains", negative="nude, text, logo"))
    assert "`negative` lacks 'text'" in check(settings, request("mountains", negative="nude"))
    assert "`negative` lacks 'nude', 'text'" in check(settings, request("mountains"))


def test_consent_allows_the_person_and_nothing_else() -> None:
    settings = PolicySettings(profile="commercial")
    assert not check(settings, request("Max Mustermann at his desk", consent="HR-2026-17"))
    found = check(settings, request("Max Mustermann (max@firma.de) nude", consent="HR-2026-17"))
    assert "Max Mustermann" not in found
    assert "e-mail address" in found
    assert "'nude*'" in found
    assert "'Zaphod'" in check(PolicySettings(people=("Zaphod",)), request("zaphod on a ship"))


def test_texts_of_other_options_and_of_lists_are_checked() -> None:
    settings = PolicySettings(words=("nude",))
    assert check(settings, request("x", prompt_2="nude"))
    assert check(settings, request("x", regions=[{"prompt": "nude", "box": [0, 0, 1, 1]}]))
    assert not check(settings, request("x", card={"title": "The nude in art"}, model="nude-v2.safetensors"))


class TestWeights:
    def refused(self, model: str, settings: PolicySettings, project: Path = Path(), **options: Any) -> str:
        return check(settings, request("mountains", model=model, **options), project)

    @pytest.mark.parametrize(
        ("model", "words"),
        [
            ("black-forest-labs/FLUX.1-dev", "forbids commercial use"),
            ("models/flux1_dev.safetensors", "forbids commercial use"),
            ("stabilityai/sdxl-turbo", "forbids commercial use"),
            ("models/unheard-of", "have no known licence"),
            ("black-forest-labs/FLUX.1-schnell", ""),
            ("stabilityai/stable-diffusion-xl-base-1.0", ""),
        ],
    )
    def test_commercial_profile(self, model: str, words: str) -> None:
        found = self.refused(model, PolicySettings(profile="commercial"))
        assert words in found
        assert bool(words) == bool(found), found

    def test_without_a_rule_every_model_is_allowed(self) -> None:
        assert not self.refused("FLUX.1-dev", PolicySettings())

    def test_team_states_and_restricts_licences(self) -> None:
        listed = PolicySettings(profile="commercial", weights={"models/ours": "our own"})
        assert not self.refused("models/ours", listed)
        assert "loras" in self.refused("models/ours", listed, loras=[{"file": "x.safetensors", "weight": 0.7}])
        only = PolicySettings(weight_licenses=("Apache-2.0",))
        assert not self.refused("flux.1-schnell", only)
        assert "does not allow" in self.refused("sdxl-base", only)
        bought = PolicySettings(profile="commercial", weight_licenses=("FLUX Non-Commercial License",))
        assert not self.refused("FLUX.1-dev", bought), "the team has bought a licence and says so"

    def test_card_of_the_folder_and_hash_come_first(self, tmp_path: Path) -> None:
        (tmp_path / "m").mkdir()
        (tmp_path / "m/README.md").write_text(
            "---\nlicense: other\nlicense_name: flux-1-dev-non-commercial-license\n---\n"
        )
        assert "forbids commercial use" in self.refused("m", PolicySettings(profile="commercial"), tmp_path)
        digest = f"sha256:{hashlib.sha256(b'x').hexdigest()}"
        (found,) = weights_of({"model": "m"}, {digest: "bought"}, {"model": digest}, tmp_path)
        assert (found.licence, found.commercial) == ("bought", True)


class TestPersonalData:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            *(
                (text, "email")
                for text in ("max@firma.de", "max [at] firma [dot] de", "ｍａｘ＠firma.de", "m\u200bax@firma.de")
            ),
            *((text, "phone") for text in ("+49 170 1234567", "(030) 123 4567", "555-123-4567", "0049 30/1234-56")),
            *(
                (text, "name")
                for text in ("Max Mustermann", "Dr. Angela Merkel", "Frau von der Leyen", "Anna-Lena Müller")
            ),
        ],
    )
    def test_is_found_and_taken_out(self, text: str, kind: str) -> None:
        assert list(find_personal(f"a portrait, {text}, oil")) == [kind]
        clean, removed = redact(f"a portrait, {text}, oil", KINDS)
        assert removed == (kind,)
        assert not find_personal(clean)
        assert clean.startswith("a portrait,")
        assert clean.endswith(", oil")

    @pytest.mark.parametrize(
        "text",
        ["2026-11-30, 0.05", "seed 123456789", "1600x900", "New York, Golden Gate Bridge", "Red Mountains", "a @ b"],
    )
    def test_other_texts_stay_as_they_are(self, text: str) -> None:
        assert redact(text, KINDS) == (text, ())


class Remote(Procedural):
    """Sends its prompts to a list."""

    sends_prompts = True
    sent: list[Any] = []  # noqa: RUF012 - shared by the configured copies

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            self.sent.append(recipe.options)
            yield Master(png=b"", digital_source_type="")


class TestSending:
    def send(self, settings: PolicySettings, **options: Any) -> tuple[Any, Master]:
        provider = guarded_sender(cast("HeroProvider", Remote()), settings)
        recipe = Recipe(provider="remote", seed=1, width=64, height=64, options=options)
        (master,) = provider.produce([recipe])
        return Remote.sent.pop(), master

    def test_personal_data_are_taken_out_by_default(self) -> None:
        text = "Max Mustermann (max@firma.de, +49 170 1234567) on a hill"
        sent, master = self.send(PolicySettings(), prompt=text, parts=[{"text": text}], model="a@b.example")
        assert "firma" not in json.dumps(sent)
        assert "1234567" not in json.dumps(sent)
        assert sent["model"] == "a@b.example"
        assert master.env["redacted"] == ["email", "phone"]

    def test_names_too_if_the_settings_say_so(self) -> None:
        sent, _ = self.send(PolicySettings(redact=("name",), people=("Zaphod",)), prompt="Max Mustermann and zaphod")
        assert sent["prompt"] == "a person and a person"

    def test_known_services_need_not_say_that_they_send(self) -> None:
        provider = cast("HeroProvider", Remote(name="openai"))
        assert guarded_sender(provider, PolicySettings()) is not provider
        assert guarded_sender(provider, PolicySettings(redact=())) is provider

    def test_nothing_else_changes(self) -> None:
        sent, master = self.send(PolicySettings(), prompt="blue  hills")
        assert sent["prompt"] == "blue  hills"
        assert "redacted" not in master.env
        provider = guarded_sender(cast("HeroProvider", Remote()), PolicySettings())
        assert provider.version == Procedural().version
        assert isinstance(provider, PreviewProvider) == isinstance(Procedural(), PreviewProvider)
        assert isinstance(provider, SizedProvider) == isinstance(Procedural(), SizedProvider)
        assert guarded_sender(PROVIDER, PolicySettings()) is PROVIDER


class TestPromptsInErrors:
    CANARY = 'a canary "singing" in\nthe Grünwald, oil'

    @pytest.mark.parametrize(
        "quoted",
        [
            *("server said: {0}", "400: {{'prompt': {0!r}}}", "cut: {0:.22}…"),
            *("JSON: {json}", "JSON: {ascii}", "GET /?q={url}", "<p>{html}</p>"),
        ],
    )
    def test_quoted_prompt_is_masked_everywhere(
        self, tmp_path: Path, quoted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import html
        import urllib.parse

        words = {
            "json": json.dumps(self.CANARY, ensure_ascii=False),
            "ascii": json.dumps(self.CANARY),
            "url": urllib.parse.quote(self.CANARY),
            "html": html.escape(self.CANARY),
        }

        def echo(self: Procedural, recipes: Iterable[Recipe]) -> Iterator[Master]:
            raise ProviderError(quoted.format(TestPromptsInErrors.CANARY, **words), hint=TestPromptsInErrors.CANARY)

        monkeypatch.setattr(Procedural, "produce", echo)
        project = site(tmp_path, hero(self.CANARY), "")
        report = generate_command.generate(project, names=(), root=None, progress=Quiet())
        varied = variations.run(project, "seed=2", names=(PAGE,), root=None, progress=Quiet())
        printed = capsys.readouterr()
        texts = [report.as_text(), report.as_json(), varied.as_text(), varied.as_json(), printed.out, printed.err]
        texts.append(path_of("heroes", tmp_path).read_text())
        assert "[prompt]" in report.as_text()
        for text in texts:
            for word in ("canary", "singing", "nwald"):
                assert word not in text, text

    def test_settings_may_allow_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def echo(self: Procedural, recipes: Iterable[Recipe]) -> Iterator[Master]:
            raise ProviderError("no: a canary in the wood")

        monkeypatch.setattr(Procedural, "produce", echo)
        project = site(tmp_path, hero("a canary in the wood"), "log_prompts = true\n")
        assert "canary" in generate_command.generate(project, names=(), root=None, progress=Quiet()).as_text()

    def test_other_words_stay(self) -> None:
        assert scrub("the model sdxl is missing", ["sdxl hills"]) == "the model sdxl is missing"
        assert scrub("hills: out of memory", ["hills"]) == "hills: out of memory"
        assert scrub("İ a canary in the wood", ["a canary in the wood"]).endswith("[prompt]")
        assert scrub("", ["a canary in the wood"]) == ""
