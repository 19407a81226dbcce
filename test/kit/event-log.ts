// What a viewer has received is read in our tests as it is in users'.
export { EventLog } from '../../lib/testing/event-log.js'
export type { ReceivedEvent } from '../../lib/testing/event-log.js'
