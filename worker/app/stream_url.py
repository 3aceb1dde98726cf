from config.settings import Settings
from worker.queue.socket_path import REDIS_FOLDER, socket_url


def find_stream_url(settings: Settings) -> str:
    """Where the streams are: in a Redis of their own, in the doorbell's, or in the embedded Valkey.

    Raises PermissionError as `choose_socket_path` does.
    """
    url = settings.queue.url or settings.redis.url
    return str(url) if url is not None else socket_url(settings.folders.data / REDIS_FOLDER)
