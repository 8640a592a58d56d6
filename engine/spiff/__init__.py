"""The SpiffWorkflow adapter: the only importer of the library.

    bpmn elements ──compile──► specs (shared, never changed) ──┐
                                                               ├──► Run: one dossier's tokens, moved step by step
    saved state (bytes) ──────────────restore──────────────────┘

What the library does well is kept: the task tree, its states, specs as objects with hooks. What it does not do faithfully is
replaced behind those hooks: data is one scope per dossier, joins count tokens, boundary events cancel at once, nothing reads
the computer's clock, and no text of a model is ever run as Python. `docs/decisions/0001` and `0002` give the reasons.
"""
