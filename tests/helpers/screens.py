"""Sizes of windows that pages are looked at in."""

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
