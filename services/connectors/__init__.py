"""The connectors to outside systems, one package each: documents, signing, payment, national portal."""
