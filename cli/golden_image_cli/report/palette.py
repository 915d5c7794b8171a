"""The colors of a report: each by its name, in light and in dark."""

LIGHT = {
    "paper": "#f6f7f9",
    "panel": "#fffffe",
    "ink": "#1f2a35",
    "muted": "#5d6b79",
    "line": "#dfe4ea",
    "call": "#33699f",
    "wait": "#b5cde5",
    "people": "#dfa95b",
    "down": "#c58a74",
    "before": "#c2cbd5",
    "after": "#4a9782",
    "good": "#2f7d68",
    "bad": "#b0413e",
}
DARK = {
    "paper": "#11161c",
    "panel": "#19212a",
    "ink": "#e4e9ee",
    "muted": "#9aa7b4",
    "line": "#2d3742",
    "call": "#74a9dd",
    "wait": "#37536f",
    "people": "#c99750",
    "down": "#ad7562",
    "before": "#4f5c6a",
    "after": "#58ab95",
    "good": "#62b9a1",
    "bad": "#e27d78",
}


def of_outcome(status: str) -> str:
    """The name of the color of a run's status."""
    if status == "SUCCEEDED":
        return "good"
    return "bad" if status in {"FAILED", "ABORTED", "TIMED_OUT"} else "muted"


def variables(colors: dict[str, str]) -> str:
    """The colors as custom properties of CSS."""
    return "".join(f"--{name}:{color};" for name, color in colors.items())


def drawn() -> str:
    """What colors a picture anew: it is drawn in light colors, of which each is one name's."""
    return "\n".join(
        f"[{part}='{color}']{{{part}:var(--{name})}}"
        for name, color in LIGHT.items()
        for part in ("fill", "stroke")
    )
