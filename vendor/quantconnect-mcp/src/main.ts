#!/usr/bin/env node
process.stderr.write("quantconnect-mcp\n");
