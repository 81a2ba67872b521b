"""Tests of the shell, with real sockets to scripted micro-frontends."""
