"""Answers questions from a team's own documents, with citations that the server has checked."""

__version__ = "0.1.0"
