"""Files that the portal keeps, in the app's own database, so that any replica can send them."""

from microfrontends.reports.kept.files import KeptFile, KeptFiles, LostFile
from microfrontends.reports.kept.table import PIECE

__all__ = ["PIECE", "KeptFile", "KeptFiles", "LostFile"]
