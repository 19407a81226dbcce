-- Tells every node.
tell(cjson.decode(ARGV[1]))
