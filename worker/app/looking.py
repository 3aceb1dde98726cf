"""What looks at documents, as the settings describe it."""

from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.preview import Previews
from worker.preview.cache import PreviewCache
from worker.preview.drawer import Drawer


def previews_of(settings: Settings, disk: OnDisk) -> Previews:
    """Put it together; nothing is started until somebody looks."""
    folder, desk = settings.folders.data / "previews", settings.desk
    cache = PreviewCache(folder, most=desk.preview_bytes, life=desk.preview_life)
    return Previews(disk.originals, cache, Drawer())
