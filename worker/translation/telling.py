"""A text told in a language."""

from jobs.model.text import Language, Text, Written, fill
from worker.translation.catalogue import catalogue
from worker.translation.recognition import recognise


def translate(text: str, language: Language) -> str:
    """Tell the text in that language; in English where its catalogues do not have it.

    A plain string is looked up whole.
    """
    known = catalogue(language)
    if isinstance(text, Written):
        text = recognise(text, language)
    if not isinstance(text, Text):
        return known.gettext(text) if text else text
    values = {
        name: translate(each, language) if isinstance(each, Text | Written) else each
        for name, each in text.values.items()
    }
    template = known.ngettext(text.template, text.many, text.number) if text.many else known.gettext(text.template)
    return fill(template, values)
