"""Settings of all tests."""

from hypothesis import settings

# a busy machine must not fail a test
settings.register_profile("linexp", deadline=None)
settings.load_profile("linexp")
