"""GET /groups/{name}/generations: the generations of a group, a page at a time."""

from golden_image.api import generations
from golden_image.api.http import Answer, Request, answer, endpoint, stated


@endpoint
def handler(request: Request) -> Answer:
    """200 with generations, newest first, and nextToken where there are more."""
    page = generations.page(request.group_name(), **request.page_query())
    more = {"nextToken": page.next_token} if page.next_token else {}
    return answer(200, {"generations": [stated(one) for one in page.generations], **more})
