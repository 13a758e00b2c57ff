"""`sendwell up`: one command that runs the web server, the worker and the embedded sesbox as its children.

No feature lives here, and nothing here decides about mail. Everything it starts can be started by hand as well.
"""
