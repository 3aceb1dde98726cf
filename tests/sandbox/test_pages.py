"""The pages of the dialog: every step of logging in, in both languages."""

import re
from dataclasses import fields
from string import Formatter
from typing import Any

import pytest

from sandbox.eidas.authorization import PageError
from sandbox.eidas.methods import Method
from sandbox.pages.english import ENGLISH
from sandbox.pages.languages import LANGUAGES, choose_language
from sandbox.pages.latvian import LATVIAN
from sandbox.pages.qr import qr_code
from sandbox.pages.words import Translation
from sandbox.people.practice import practice_people
from sandbox.pki import KeyKind
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import AUTHORIZE, Integration, a_digest, summary
from tests.sandbox.practice import NOW, the_authority

ONE = summary(a_digest("doc-1"))
RAW = re.compile(r"[{}]|\bNone\b|words\.|&amp;lt;")


# Words


@pytest.mark.parametrize("name", [field.name for field in fields(Translation)])
def test_both_languages_say_the_same_with_the_same_gaps(name: str) -> None:
    latvian, english = getattr(LATVIAN, name), getattr(ENGLISH, name)
    assert type(latvian) is type(english)
    if isinstance(latvian, str):
        assert latvian
        assert gaps(latvian) == gaps(english)
    if isinstance(latvian, dict):
        assert latvian.keys() == english.keys()
        assert all(latvian.values())


def gaps(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("words", LANGUAGES.values())
def test_every_person_method_and_fault_has_its_words(words: Translation) -> None:
    assert list(words.about) == [person.login for person in practice_people(the_authority(), KeyKind.P256, NOW)]
    assert set(words.method_names) == set(words.method_ways) == set(Method)
    assert set(words.card_lead) == {method for method in Method if method.asks_for_pin}
    assert set(words.page_errors) == set(PageError)


@pytest.mark.parametrize(
    ("count", "seals", "tries"),
    [
        (1, "1 zīmogs", "Atlicis 1 mēģinājums."),
        (4, "4 zīmogi", "Atlikuši 4 mēģinājumi."),
        (11, "11 zīmogi", "Atlikuši 11 mēģinājumi."),
        (21, "21 zīmogs", "Atlicis 21 mēģinājums."),
    ],
)
def test_latvian_counts_as_latvians_do(count: int, seals: str, tries: str) -> None:
    assert (LATVIAN.seal_count(count), LATVIAN.tries_left(count)) == (seals, tries)


@pytest.mark.parametrize(
    ("ui_locales", "accept_language", "words"),
    [
        ("", "", LATVIAN),
        ("en", "lv", ENGLISH),
        ("ru en lv", "", ENGLISH),
        ("en-GB", "", ENGLISH),
        ("LV", "en", LATVIAN),
        ("ru", "en;q=0.3, lv;q=0.7", LATVIAN),
        ("", "de, en;q=0.8, lv;q=0.5", ENGLISH),
        ("", "lv;q=0, en;q=0.1", ENGLISH),
        ("", "lv;q=x, en", ENGLISH),
        ("", "de", LATVIAN),
    ],
)
def test_the_client_chooses_the_language_and_then_the_browser(
    ui_locales: str, accept_language: str, words: Translation
) -> None:
    assert choose_language(ui_locales, accept_language) is words


def test_a_qr_code_has_its_quiet_zone_and_its_corners() -> None:
    drawing = qr_code("1234")
    assert drawing.path.startswith("M4 4h1v1h-1z")
    assert drawing.side == 21 + 8


# Pages


async def through(integration: Integration, words: Translation) -> dict[str, str]:
    """Meet every page once in this language."""
    asked: dict[str, Any] = {"ui_locales": words.code}
    anna = integration.sandbox.vendor.people["anna"].seals[0].id
    question, leg_two = integration.question(**asked), integration.key_question(anna, ONE, **asked)
    pages = {"method": (await integration.browse(question))[1]}
    steps: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "who": (question, {"method": "mobileid"}),
        "app": (question, {"method": "mobileid", "login": "anna"}),
        "cross-device": (question, {"method": "mobileid:cross-device", "login": "anna"}),
        "card": (question, {"method": "sc_plugin", "login": "ilze"}),
        "scan": (question, {"method": "mobile-eid", "login": "ilze"}),
        "wrong PIN": (question, {"method": "sc_plugin", "login": "ilze", "pin": "0000"}),
        "locked card": (question, {"method": "sc_plugin", "login": "ilze", "pin": "0000"}),
        "password": (leg_two, {"method": "mobileid", "login": "anna", "action": "confirm"}),
        "wrong password": (leg_two, {"action": "approve", "password": "wrong"}),
        "locked key": (leg_two, {"action": "approve", "password": "wrong"}),
        "nobody": (question, {"method": "mobileid", "login": "nobody"}),
        "refused": (question | {"client_id": "nobody"}, {}),
    }
    for name, (query, form) in steps.items():
        pages[name] = (await integration.submit(query, **form))[1]
    return pages


@pytest.mark.parametrize("words", LANGUAGES.values())
async def test_every_page_is_in_its_language_and_shows_no_raw_word(
    open_integration: OpenIntegration, words: Translation
) -> None:
    async with open_integration(password_tries=2) as integration:
        pages = await through(integration, words)
    other = LANGUAGES[words.other_code]
    titles = [re.findall(r"<h1[^>]*>(.*?)</h1>", page) for page in pages.values()]
    assert all(len(title) == 1 for title in titles)
    for name, page in pages.items():
        assert f'<html lang="{words.code}">' in page, name
        assert words.practice_notice in page, name
        assert other.practice_notice not in page, name
        assert not RAW.search(page), name
    assert words.tries_left(1) in pages["wrong PIN"]
    assert words.tries_left(1) in pages["wrong password"]
    assert (words.card_locked_title in pages["locked card"], words.key_locked_title in pages["locked key"]) == (
        True,
    ) * 2
    assert words.page_errors[PageError.CLIENT] in pages["refused"]


async def test_each_page_offers_the_other_language(integration: Integration) -> None:
    _, page, _ = await integration.browse(integration.question(ui_locales="lv"))
    assert re.search(r'<a class="language" lang="en"[^>]* href="[^"]*ui_locales=en', page)


@pytest.mark.parametrize("method", [*Method])
async def test_a_method_that_the_client_names_is_not_asked_for(integration: Integration, method: Method) -> None:
    _, page, _ = await integration.browse(integration.question(acr_values=method.acr))
    assert f'<input type="hidden" name="method" value="{method.value}">' in page


async def test_an_unknown_method_is_answered_with_an_error_redirect(integration: Integration) -> None:
    _, _, target = await integration.browse(integration.question(acr_values="urn:fax"))
    assert target is not None
    assert target.query["error"] == "invalid_request"


async def test_only_people_who_log_in_that_way_are_offered(integration: Integration) -> None:
    _, page, _ = await integration.submit(integration.question(), method="sc_plugin")
    assert set(re.findall(r'id="login-(\w+)"', page)) == {"liga", "ilze", "peteris"}
    status, page, _ = await integration.submit(integration.question(), method="sc_plugin", login="anna")
    assert status == 400
    assert LATVIAN.nobody in page


async def test_the_app_is_asked_before_anybody_is_in(integration: Integration) -> None:
    form = {"method": "mobileid", "login": "anna"}
    _, page, target = await integration.submit(integration.question(), **form)
    assert target is None
    ((code, again),) = re.findall(r'id="code">(\d{4})<.*class="digits"[^>]*>(\d{4})<', page, re.DOTALL)
    assert code == again
    _, _, target = await integration.submit(integration.question(), **form, action="confirm")
    assert target is not None
    assert "code" in target.query


async def test_a_card_opens_with_its_pin_only(integration: Integration) -> None:
    form = {"method": "mobile-eid", "login": "ilze"}
    status, _, target = await integration.submit(integration.question(), **form, action="confirm")
    assert (status, target) == (200, None)
    status, _, target = await integration.submit(integration.question(), **form, pin="4321")
    assert (status, target) == (403, None)
    _, _, target = await integration.submit(integration.question(), **form, pin="1234")
    assert target is not None
    assert "code" in target.query


async def test_a_locked_card_does_not_open_with_the_right_pin(integration: Integration) -> None:
    form = {"method": "sc_plugin", "login": "peteris"}
    for _ in range(5):
        await integration.submit(integration.question(), **form, pin="0000")
    status, page, _ = await integration.submit(integration.question(), **form, pin="1234")
    assert status == 403
    assert LATVIAN.card_locked_title in page


@pytest.mark.parametrize(
    "form", [{}, {"method": "mobileid"}, {"method": "mobileid", "login": "anna"}, {"method": "sc_plugin", "pin": ""}]
)
async def test_every_step_can_be_cancelled(integration: Integration, form: dict[str, str]) -> None:
    _, _, target = await integration.submit(integration.question(), **form, action="cancel")
    assert target is not None
    assert (target.query["error"], target.query["state"]) == ("access_denied", "s-1")


async def test_a_locked_key_leads_back_with_access_denied(open_integration: OpenIntegration) -> None:
    async with open_integration(password_tries=1) as integration:
        query = integration.key_question(integration.sandbox.vendor.people["anna"].seals[0].id, ONE)
        await integration.submit(query, login="anna")
        _, page, _ = await integration.submit(query, action="approve", password="wrong")
        assert LATVIAN.key_locked_title in page
        _, _, target = await integration.submit(query, action="cancel")
    assert target is not None
    assert target.query["error"] == "access_denied"


async def test_the_short_cut_for_scripts_logs_in_at_once(integration: Integration) -> None:
    _, _, target = await integration.submit(integration.question(), login="ilze")
    assert target is not None
    assert "code" in target.query


async def test_the_short_cut_keeps_to_the_method_that_is_asked_for(integration: Integration) -> None:
    status, _, _ = await integration.submit(integration.question(acr_values=Method.CARD.acr), login="anna")
    assert status == 400


async def test_single_sign_on_by_phone_is_no_login_by_card(integration: Integration) -> None:
    await integration.submit(integration.question(), login="liga")
    _, _, target = await integration.browse(integration.question(acr_values=Method.CROSS_DEVICE.acr))
    assert target is not None
    _, page, target = await integration.browse(integration.question(acr_values=Method.CARD.acr))
    assert target is None
    assert 'id="login-ilze"' in page


async def test_the_password_page_says_whether_it_seals_or_signs(integration: Integration) -> None:
    anna = integration.sandbox.vendor.people["anna"]
    own = next(one for one in anna.identities if one.description == "eparaksts:serverid:sign")
    _, page, _ = await integration.submit(integration.key_question(own.id, ONE), login="anna")
    assert LATVIAN.sign_title in page
    _, page, _ = await integration.submit(integration.key_question(anna.seals[0].id, ONE), login="anna")
    assert LATVIAN.seal_title in page


async def test_a_page_needs_nothing_but_its_style(integration: Integration) -> None:
    async with integration.http.get(integration.url(AUTHORIZE), params=integration.question()) as reply:
        page, policy = await reply.text(), reply.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert not re.search(r"<script|<style|style=| on\w+=", page)
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    async with integration.http.get(integration.url(address)) as reply:
        assert (reply.status, reply.content_type) == (200, "text/css")
    async with integration.http.get(integration.url("/sandbox/static/base.html")) as reply:
        assert reply.status == 404
