// Prints what comes from a URL, as fetch hands it over: it asks for gzip, and decodes it, by itself.
const response = await fetch(process.argv[2])
if (response.headers.get('content-encoding') !== 'gzip') throw new Error('it was not compressed')
for await (const piece of response.body) process.stdout.write(piece)
