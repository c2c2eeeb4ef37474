"""When two addresses are one."""

import httpx

WEB = frozenset({"http", "https"})
# Added by those who pass a link on; they never choose what is shown.
TRACKING = "utm_"


def normalised(address: str) -> str:
    """The address under which a document is known: RFC 3986, section 6, without fragment and ``utm_…`` parameters.

    Other parameters may choose what is shown and stay as they are, in their order. What is no http(s) address comes
    back as it is.
    """
    try:
        url = httpx.URL(address.strip())
        if url.scheme not in WEB or not url.host:
            return address
        # httpx writes scheme and host in small letters and leaves out the scheme's own port.
        path, _, query = url.raw_path.decode("ascii").partition("?")
        kept = "&".join(part for part in query.split("&") if not part.lower().startswith(TRACKING))
        whole = f"{path or '/'}?{kept}" if kept else path or "/"
        return str(url.copy_with(raw_path=whole.encode("ascii"), fragment=None))
    except (httpx.InvalidURL, ValueError, TypeError):
        return address
