"""DMN decision tables (docs/decision-tables.md): read, compiled to pure functions, and looked through for overlaps and gaps.

document.py     XML → the values of elements.py
unary_tests.py  what an input entry says of a value (FEEL)      entries.py  what an output entry gives
tables.py       a table, ready to decide                        compile.py  a whole document, with its requirements
regions.py      where rules of a table overlap, and what meets no rule
"""
