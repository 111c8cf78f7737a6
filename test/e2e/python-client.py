"""Lists the tools of the MCP server that the arguments start, runs one backtest, and prints what it saw as JSON."""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

CODE = """from AlgorithmImports import *


class Held(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2014, 1, 2)
        self.set_end_date(2014, 3, 31)
        self.add_equity("SPY", Resolution.DAILY)
        self.set_benchmark("SPY")

    def on_data(self, data):
        if not self.portfolio.invested:
            self.set_holdings("SPY", 1)
"""


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = sorted(tool.name for tool in (await session.list_tools()).tools)

        async def call(name, arguments):
            answer = await session.call_tool(name, arguments)
            if answer.isError:
                raise RuntimeError(answer.content[0].text)
            return answer.structuredContent

        created = await call("create_strategy", {"name": "from Python", "code": CODE})
        run = (await call("run_backtest", {"strategyId": created["strategyId"]}))["run"]
        while run["state"] in ("queued", "running"):
            run = (await call("run_status", {"runId": run["runId"], "version": run["version"]}))["run"]
        result = await call("run_result", {"runId": run["runId"], "section": "statistics"})
        print(json.dumps({"tools": tools, "state": run["state"], "orders": result["content"]["Total Orders"]}))


asyncio.run(main())
