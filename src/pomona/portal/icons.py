"""The pictures in the pages: strokes on a square of 20, drawn in the colour of the text beside them."""

from minijinja import safe

from pomona.catalogue.kinds import Kind

_STROKES = {
    "activity": "M2.5 10h3L8 4l4 12 2.5-6h3",
    "add": "M10 4v12M4 10h12",
    "blueprint": "M3 3.5h14v13H3zM3 8h14M8 8v8.5M11 11.5h3.5M11 14h2.5",
    "configuration": "M5 2.8h7.5L16 6.3V17H5zM8.2 9.5h4.6M8.2 13h4.6M9.5 8.3v2.4M11.7 11.8v2.4",
    "device": "M3 13V5.5A1.5 1.5 0 0 1 4.5 4h9A1.5 1.5 0 0 1 15 5.5V6M1.5 15.5H9M12 8.5h4.5a1 1 0 0 1 1 1v6a1 1 0"
    " 0 1-1 1H12a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z",
    "domain": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM2.5 10h15M10 2.5c2 2 3 4.7 3 7.5s-1"
    " 5.5-3 7.5c-2-2-3-4.7-3-7.5s1-5.5 3-7.5z",
    "download": "M10 3v9M6.5 8.8 10 12.3l3.5-3.5M3.5 16.5h13",
    "enrolled": "M10 2.5l6 2.2v4.6c0 3.9-2.5 6.7-6 8.2-3.5-1.5-6-4.3-6-8.2V4.7zM7.3 9.8l2 2 3.6-3.8",
    "group": "M10 9.2a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM5.5 16.5c0-2.6 2-4.4 4.5-4.4s4.5 1.8 4.5 4.4zM4.6 9a2 2 0 1"
    " 1 0-4M15.4 9a2 2 0 1 0 0-4M2 15c0-1.6.8-2.7 2-3.2M18 15c0-1.6-.8-2.7-2-3.2",
    "home": "M3 9.5l7-6 7 6V16a1 1 0 0 1-1 1h-4v-5H8v5H4a1 1 0 0 1-1-1z",
    "key": "M12.5 11.5a4 4 0 1 0-3.6-2.3L3 15v2h2.5v-2h2v-2h1.6l1.2-1.2c.7.4 1.4.7 2.2.7zM13.5 7.5h.01",
    "log": "M5 2.8h7.5L16 6.3V17H5zM8 8.5h5M8 11.3h5M8 14h3",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "order": "M3 6.2l7-3.4 7 3.4v7.6l-7 3.4-7-3.4zM3 6.2l7 3.4 7-3.4M10 9.6v7.6",
    "people": "M7.5 9a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.5 16.5c0-2.8 2.2-4.6 5-4.6s5 1.8 5"
    " 4.6M13 4.2a2.6 2.6 0 0 1 0 4.9M14.5 12.2c1.9.5 3 2.1 3 4.3",
    "rule": "M3 5h5l4 10h5M14.5 12.5 17 15l-2.5 2.5M12 5h5M14.5 2.5 17 5l-2.5 2.5",
    "search": "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5 17 17",
    "service": "M4 3.8h12a.8.8 0 0 1 .8.8v3.6a.8.8 0 0 1-.8.8H4a.8.8 0 0 1-.8-.8V4.6a.8.8 0 0 1 .8-.8zM4 11h12a.8.8 0"
    " 0 1 .8.8v3.6a.8.8 0 0 1-.8.8H4a.8.8 0 0 1-.8-.8v-3.6A.8.8 0 0 1 4 11zM6 6.4h.01M6 13.6h.01",
    "supplier": "M2 5h9.5v8.5H2zM11.5 8h3.3L18 11v2.5h-6.5zM5.5 16a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0"
    " 2.8zM14.5 16a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8z",
    "webhook": "M8.2 7.2a2.6 2.6 0 1 1 3.7 2.3l2.3 4M6.9 11.4a2.6 2.6 0 1 0 1.9 3.1h4.6M11.4 5.3 8.6 10.4M15.6 16a1.6 1.6 0 1 0 0-3.2"
    " 1.6 1.6 0 0 0 0 3.2z",
    "unit": "M8 3h4v4H8zM3 13h4v4H3zM13 13h4v4h-4zM10 7v3M5 13v-3h10v3",
    "warning": "M10 3.2l7.2 13H2.8zM10 8v4M10 14.2h.01",
}

_KINDS = {
    Kind.IPHONE: "M7.5 2.5h5A1.5 1.5 0 0 1 14 4v12a1.5 1.5 0 0 1-1.5 1.5h-5A1.5 1.5 0 0 1 6 16V4a1.5"
    " 1.5 0 0 1 1.5-1.5zM9 4.8h2",
    Kind.IPAD: "M5.5 2.5h9A1.5 1.5 0 0 1 16 4v12a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 4 16V4a1.5 1.5"
    " 0 0 1 1.5-1.5zM9 15.2h2",
    Kind.MAC: "M4.5 4.5h11a1 1 0 0 1 1 1v7.5h-13V5.5a1 1 0 0 1 1-1zM2 15.5h16",
    Kind.APPLE_TV: "M3.5 4h13a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM7 16.8h6",
    Kind.WATCH: "M8 5.5h4a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM7.6 5.5l.6-3h3.6l.6"
    " 3M7.6 14.5l.6 3h3.6l.6-3",
    Kind.VISION: "M2.5 9.8c0-2.5 2.2-4 7.5-4s7.5 1.5 7.5 4-1.6 4.4-3.9 4.4c-1.6 0-2.3-1.6-3.6-1.6s-2"
    " 1.6-3.6 1.6c-2.3 0-3.9-1.9-3.9-4.4z",
}


def _drawn(strokes: str) -> str:
    return safe(f'<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="{strokes}"/></svg>')


_ICONS = {name: _drawn(strokes) for name, strokes in _STROKES.items()}
_KIND_ICONS = {int(kind): _drawn(strokes) for kind, strokes in _KINDS.items()}


def icon(name: str) -> str:
    """A picture by name. It says nothing to a screen reader: a word stands beside it."""
    return _ICONS[name]


def kind_icon(kind: int) -> str:
    """The picture of a kind of device."""
    return _KIND_ICONS[kind]
