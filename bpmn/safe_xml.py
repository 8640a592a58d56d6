"""Parses XML that strangers sent: no entities, no document type, no network, bounded size and depth (HAZARDS: row 27)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from motcua.errors import InvalidInput

# Some eight times what the largest models of real procedures need, and little enough to be looked through within a second.
MAX_BYTES: Final = 500_000
MAX_DEPTH: Final = 60
MAX_ELEMENTS: Final = 5_000
MAX_ATTRIBUTES: Final = 50
"""Of one element; standard and extension together have fewer than 15."""
MAX_VALUE: Final = 10_000
"""Characters of one attribute's value; the longest, an expression, may have 2,000."""


class ModelUnreadable(InvalidInput):
    """The file is no document of the language asked for, or not one that may be read. Facts: `source`, `line`."""


def parse_safely(content: bytes, source: str, root_tag: str, language: str, most_elements: int = MAX_ELEMENTS) -> etree._Element:
    """The root of the document, which must be `root_tag`; `language` names what is expected, such as "BPMN 2.0".

    Raises ModelUnreadable for what is not well-formed XML in UTF-8, carries a document type, is larger than 500,000 bytes or
    `most_elements` or deeper than 60, has an element with more than 50 attributes or a value of more than 10,000 characters, or
    has another root.
    """
    if len(content) > MAX_BYTES:
        raise ModelUnreadable(
            f"{source}:0 has more bytes than the {MAX_BYTES:,} that a model may have; split it into shared parts.",
            source=source,
            line=0,
        )
    try:
        markup = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        at = content.count(b"\n", 0, cause.start) + 1
        raise ModelUnreadable(f"{source}:{at} is not UTF-8; save the file as UTF-8.", source=source, line=at) from cause
    forbidden = markup.find("<!DOCTYPE")
    if forbidden >= 0:
        at = markup.count("\n", 0, forbidden) + 1
        raise ModelUnreadable(
            f"{source}:{at} has a document type (<!DOCTYPE); a document of {language} needs none, remove it.",
            source=source,
            line=at,
        )
    # The encoding is forced, so that no declared one can show the parser another text than the one just looked through.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError as cause:
        at = cause.lineno or 0
        raise ModelUnreadable(
            f"{source}:{at} is not well-formed XML ({cause.msg}); mend it, or save it again from the modeller.",
            source=source,
            line=at,
        ) from cause
    if root.tag != root_tag:
        at = root.sourceline or 0
        raise ModelUnreadable(
            f"{source}:{at} begins with {root.tag!s}, not with the definitions of {language}; give a {language} file.",
            source=source,
            line=at,
        )
    depth = count = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        at = element.sourceline or 0
        if count > most_elements:
            raise ModelUnreadable(
                f"{source}:{at} has more than {most_elements:,} elements; split it into shared parts.", source=source, line=at
            )
        if event == "start" and (objection := _too_much(element)):
            raise ModelUnreadable(f"{source}:{at} {objection}.", source=source, line=at)
        if depth > MAX_DEPTH:
            raise ModelUnreadable(
                f"{source}:{at} is nested more than {MAX_DEPTH} elements deep; move inner parts into shared parts.",
                source=source,
                line=at,
            )
    return root


def _too_much(element: etree._Element) -> str | None:
    if len(element.attrib) > MAX_ATTRIBUTES:
        return f"has an element with more than {MAX_ATTRIBUTES} attributes; remove those that no standard knows"
    if any(len(value) > MAX_VALUE for value in element.values()):
        return f"has an attribute with more than {MAX_VALUE:,} characters; shorten it"
    return None
