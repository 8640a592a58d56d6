"""Vietnamese words as plain letters: for a search that does not mind diacritics, for sorting, and for names of files."""

from __future__ import annotations

import re
import unicodedata


def plain_letters(text: str) -> str:
    """Lower case without diacritics: "Hộ tịch" becomes "ho tich", and đ becomes d."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def file_name(text: str, longest: int = 48) -> str:
    """Plain letters and digits with underscores, cut after a whole word: "Hộ tịch" becomes "ho_tich"."""
    words = re.findall(r"[a-z0-9]+", plain_letters(text))
    name = ""
    for word in words:
        if name and len(name) + len(word) >= longest:
            break
        name = f"{name}_{word}" if name else word
    return name
