"""Everything the dialog says: one value per language, which cannot lack a word."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.eidas.authorization import PageError
from sandbox.eidas.methods import Method


@dataclass(frozen=True, slots=True)
class Translation:
    """All words of one language; `{…}` in a sentence is filled in by the page.

    Counted words are functions of their number, because languages count differently.
    """

    code: str  # BCP 47
    other_code: str
    other_language: str  # in its own words
    vendor: str
    practice_notice: str
    asks_to_log_in: str  # {client}
    asks_to_seal: str  # {client}
    asks_to_sign: str  # {client}
    cancel: str
    method_title: str
    method_names: Mapping[Method, str]
    method_ways: Mapping[Method, str]
    other_method: str
    who_title: str
    who_lead: str
    about: Mapping[str, str]  # by login
    nobody: str
    seal_count: Callable[[int], str]
    app_title: str
    app_lead: str
    cross_device_title: str
    cross_device_lead: str
    control_code: str
    qr_meaning: str  # {code}
    phone_stands_in: str
    phone_title: str
    phone_question: str
    confirm: str
    reject: str
    card_title: str
    card_lead: Mapping[Method, str]
    pin_label: str
    pin_hint: str  # {pin}
    go_on: str
    wrong_pin: str
    seal_title: str
    seal_lead: str  # {client}
    sign_title: str
    sign_lead: str  # {client}
    seal_certificate: str
    sign_certificate: str
    you_are: str
    key_label: str
    key_hint: str  # {password}
    approve: str
    wrong_key: str
    tries_left: Callable[[int], str]
    key_locked_title: str
    key_locked_lead: str
    card_locked_title: str
    card_locked_lead: str
    unlock_hint: str
    leave: str
    refused_title: str
    refused_lead: str
    page_errors: Mapping[PageError, str]
