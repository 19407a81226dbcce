// Runs the test files that it is given in this one process, one after the other: reading the sources takes longer than many of the tests.
for (const file of process.argv.slice(2)) await import(new URL(`../${file}`, import.meta.url).href)
