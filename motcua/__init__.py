"""motcua runs administrative procedures: one BPMN model per procedure, one dossier per application.

The four packages are gathered here under one import name: `motcua.bpmn`, `motcua.procedures_catalog`,
`motcua.engine` and `motcua.services`. Import them by that name only; a bare `import engine` would load a second copy.
"""

__version__ = "0.1.0"
