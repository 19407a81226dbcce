# Prints what comes from a URL, as one of Python's clients hands it over: client.py CLIENT URL
import sys
import zlib

client, url = sys.argv[1:]


def put(piece):
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def zlib_itself():
    import urllib.request
    request = urllib.request.Request(url, headers={'Accept-Encoding': 'gzip'})
    decoder = zlib.decompressobj(wbits=31)
    with urllib.request.urlopen(request) as response:
        assert response.headers['content-encoding'] == 'gzip'
        while piece := response.read1():
            put(decoder.decompress(piece))
    assert decoder.eof


def by_requests():
    import requests
    with requests.get(url, stream=True) as response:
        assert response.headers['content-encoding'] == 'gzip'
        for piece in response.iter_content(chunk_size=None):
            put(piece)


def by_urllib3():
    import urllib3
    response = urllib3.PoolManager().request('GET', url, headers={'Accept-Encoding': 'gzip'}, preload_content=False)
    assert response.headers['content-encoding'] == 'gzip'
    for piece in response.stream(decode_content=True):
        put(piece)


def by_httpx():
    import httpx
    with httpx.stream('GET', url, timeout=None) as response:
        assert response.headers['content-encoding'] == 'gzip'
        for piece in response.iter_bytes():
            put(piece)


def by_aiohttp():
    import asyncio
    import aiohttp

    async def read():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.headers['content-encoding'] == 'gzip'
            async for piece in response.content.iter_any():
                put(piece)

    asyncio.run(read())


{'zlib': zlib_itself, 'requests': by_requests, 'urllib3': by_urllib3, 'httpx': by_httpx, 'aiohttp': by_aiohttp}[client]()
