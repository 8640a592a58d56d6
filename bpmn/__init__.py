"""BPMN 2.0 documents: read them safely, check them, lay them out, write them; and the models themselves."""
