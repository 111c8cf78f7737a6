"""A pytest plugin for the tests of QuantConnect's open MCP server: they call the cloud named in QC_BASE_URL, sleep for
a tenth of their pauses (the local cloud shows at once what the real one shows after minutes), and leave out what needs
C# or another host."""

import os
import time

import api_connection

api_connection.BASE_URL = os.environ["QC_BASE_URL"]

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(seconds * 0.1)


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if "C#" in item.name or item.name == "test_read_latest_verion"]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
