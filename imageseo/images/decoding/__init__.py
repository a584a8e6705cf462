"""From bytes to a probed file: sniffing, headers, colour, kind of content."""
