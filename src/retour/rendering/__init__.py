"""An analysis made readable: the four-part document, its texts, its printers, and the JSON."""
