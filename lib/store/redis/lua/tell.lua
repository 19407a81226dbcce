-- Every node is told.
tell(cjson.decode(ARGV[1]))
