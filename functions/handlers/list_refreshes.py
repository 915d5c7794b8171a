"""GET /refreshes: the runs, a page at a time."""

from golden_image.api import Answer, answer, endpoint, linked, page_query
from golden_image.observability import Event
from golden_image.refreshes import Refreshes


@endpoint
def handler(event: Event) -> Answer:
    """200 with runs, newest first, and nextToken where there are more."""
    page = Refreshes.from_env().list(**page_query(event))
    more = {"nextToken": page.next_token} if page.next_token else {}
    return answer(200, {"refreshes": [linked(refresh) for refresh in page.refreshes], **more})
