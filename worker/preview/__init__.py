"""Preview: how a document looks, for whoever is about to seal it. PDFium and Pillow are met in its child process."""

from worker.preview.look import PICTURE_TYPE, Fault, Look, file_to_picture
from worker.preview.previews import Previews

__all__ = ["PICTURE_TYPE", "Fault", "Look", "Previews", "file_to_picture"]
