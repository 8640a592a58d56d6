"""The shared parts and the ten first procedures, written with `authoring.py`; `python -m motcua.bpmn.authored` draws them.

The files under `bpmn/models` and `bpmn/shared` are what runs. A file that somebody changed by hand is theirs from then on: it
is never overwritten (`files.py`).
"""
