process.stdout.write("quantwright\n");
