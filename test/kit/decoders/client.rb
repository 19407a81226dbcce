# Prints what comes from a URL, as Ruby's client hands it over: it asks for gzip, and decodes it, by itself.
require 'net/http'

uri = URI(ARGV[0])
$stdout.sync = true
Net::HTTP.start(uri.host, uri.port) do |http|
  http.request_get(uri.request_uri) do |response|
    response.read_body { |piece| $stdout.write piece }
  end
end
