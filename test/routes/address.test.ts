// Who counts as one address.
import t from 'tap'
import { countedAddress } from '../../lib/routes/address.js'

t.test('an IPv4 address is its own, however a socket shows it', async t => {
  t.equal(countedAddress('192.0.2.1'), '192.0.2.1')
  t.equal(countedAddress('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(countedAddress('::FFFF:192.0.2.1'), '192.0.2.1')
})

t.test('of an IPv6 address the first 64 bits count, however it is written', async t => {
  for (const address of ['2001:db8:1:2:3:4:5:6', '2001:0DB8:0001:0002::1', '2001:db8:1:2::', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::192.0.2.1']) {
    t.equal(countedAddress(address), '2001:db8:1:2', address)
  }
  t.equal(countedAddress('2001:db8:1:3::1'), '2001:db8:1:3')
  t.equal(countedAddress('2001:db8::1'), '2001:db8:0:0')
  t.equal(countedAddress('::1'), '0:0:0:0')
  t.equal(countedAddress('::'), '0:0:0:0')
  t.equal(countedAddress('fe80::1%eth0'), 'fe80:0:0:0')
})

t.test('what is no address counts as it is', async t => {
  t.equal(countedAddress('unknown'), 'unknown')
  t.equal(countedAddress(''), '')
})
