"""GET /refreshes: the runs, a page at a time."""

from golden_image.api import runs
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """200 with runs, newest first, and nextToken where there are more."""
    page = runs.page(**request.page_query("status"))
    more = {"nextToken": page.next_token} if page.next_token else {}
    return answer(200, {"refreshes": [linked(request, run) for run in page.runs], **more})
