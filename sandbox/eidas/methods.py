"""Ways to log in, and the names the platform has for them (vendor §3.3)."""

from enum import StrEnum

FLOW = "urn:eparaksts:authentication:flow:"
LEVEL = "urn:safelayer:tws:policies:authentication:level:"
MOBILE_AMR = "urn:safelayer:tws:policies:authentication:adaptive:methods:mobileid"
CARD_AMR = "urn:eparaksts:authentication:methods:sc_plugin"


class UnknownMethod(ValueError):
    """`acr_values` names no method that is offered here."""


class Method(StrEnum):
    """How a person proves who they are; the value ends the flow's URN."""

    MOBILE = "mobileid"  # the eParaksts mobile app on this device
    CROSS_DEVICE = "mobileid:cross-device"  # the same app on another device, by QR code
    CARD = "sc_plugin"  # the eID card in a reader, by browser plugin
    EID_SCAN = "mobile-eid"  # the eID card, read by the phone

    @property
    def acr(self) -> str:
        """Return the URN that asks for this method and tells of it afterwards."""
        return f"{FLOW}{self.value}"

    @property
    def amr(self) -> str:
        """Return the URN that the platform was measured to tell: eID scan looks like eParaksts mobile."""
        return CARD_AMR if self is Method.CARD else MOBILE_AMR

    @property
    def account(self) -> str:
        """Return what a person is known by under this method: one app is one account, on whatever device."""
        return Method.MOBILE.value if self is Method.CROSS_DEVICE else self.value

    @property
    def asks_for_pin(self) -> bool:
        """Say whether the card asks for its PIN1."""
        return self in EID


APP = (Method.MOBILE, Method.CROSS_DEVICE)
EID = (Method.CARD, Method.EID_SCAN)


def method_named(acr_values: str) -> Method | None:
    """Return the first method that is named, None when any will do; raises `UnknownMethod` for other words alone.

    A level of assurance names no method: every method here reaches it.
    """
    # A level of assurance asks for no particular method (vendor §3.3).
    named = [value for value in acr_values.split() if not value.startswith(LEVEL)]
    known = {method.acr: method for method in Method}
    found = next((known[value] for value in named if value in known), None)
    if named and found is None:
        raise UnknownMethod(f"acr_values must name one of {', '.join(known)}.")
    return found
