"""The edge under attack: every route against who may not call it and against what is no request."""
