"""The embedded default: one machine, nothing to set up. Refused by the production checks."""

from annotator.settings.base import *  # noqa: F403

DEBUG = True
