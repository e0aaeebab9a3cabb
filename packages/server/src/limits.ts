/** Every bound of the server in one place, with units. */

const KIB = 1024
const MIB = 1024 * KIB
const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** Largest body of a control request. */
export const BODY_BYTES_MAX = 1 * MIB
/** How much of a larger one is read and thrown away before the connection is given up. */
export const BODY_DRAINED_BYTES_MAX = 64 * MIB
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 200
/** How long the answer to a mutation is kept for repeats. */
export const IDEMPOTENT_ANSWER_KEPT_MS = 24 * 60 * MINUTE_MS
/** How long a model's answer is kept for repeats of its Idempotency-Key, and how large one may be. */
export const KEYED_ANSWER_KEPT_MS = 24 * 60 * MINUTE_MS
export const KEYED_ANSWER_BYTES_MAX = 4 * MIB
/** What one organization may have of them; the oldest give way. */
export const KEYED_ANSWERS_BYTES_MAX = 256 * MIB
/** What one gateway may have of them in memory: being made, and not yet stored because the database is away. */
export const KEYED_MAKING_BYTES_MAX = 64 * MIB
export const KEYED_SETTLING_BYTES_MAX = 16 * MIB
/** So many requests wait at once to learn whether their key was used; more are told to come back. */
export const KEYED_CLAIMS_WAITING_MAX = 256
/** How often a gateway looks after what it keeps of requests. */
export const CONTENT_LOOK_EVERY_MS = 2 * SECOND_MS
/** What a project's cache may have: of one answer, of all, and how many. What was not used for the longest gives way. */
export const CACHE_ANSWER_BYTES_MAX = 1 * MIB
export const CACHE_BYTES_MAX = 64 * MIB
export const CACHE_ANSWERS_MAX = 20_000
/** What a project may have stored of one request, and of all; the oldest give way. */
export const STORED_CONTENT_BYTES_MAX = 4 * MIB
export const STORED_BYTES_MAX = 512 * MIB
/** How often a cache had the answer is shown for so long, and known for so long. */
export const CACHE_SHOWN_MS = 30 * 24 * 60 * MINUTE_MS
export const CACHE_DAYS_KEPT_MS = 90 * 24 * 60 * MINUTE_MS

/** A JSON answer longer than this is compressed for those who can read that. */
export const COMPRESSED_ANSWER_CHARACTERS_MIN = 16 * KIB
/** How many nodes that left the fleet its map remembers, for those who ask what changed. */
export const FLEET_MAP_GONE_MAX = 20_000

/** Work is held for this far ahead; when the balance cannot extend the hold, the lease gets its notice. */
export const LEASE_HOLD_AHEAD_MS = 10 * MINUTE_MS
/** How often a running lease is metered and its hold extended. */
export const LEASE_METER_EVERY_MS = 5 * SECOND_MS
/** With many leases each of them takes this share of the round, so that metering them all costs the same. */
export const LEASE_METER_SHARE_MS = 50
/** No lease with a full hold goes unmetered for longer; far below what is held ahead. */
export const LEASE_METER_EVERY_MAX_MS = 2 * MINUTE_MS
/** Where many leases run, those that are due within so long of each other are metered in one transaction. */
export const LEASE_METER_TOGETHER_MS = SECOND_MS / 2
/** How often a lease is looked at when nothing was heard of it. */
export const LEASE_LOOK_EVERY_MS = 1 * SECOND_MS
/** How long the stop of a lease is repeated before the operator is told. */
export const LEASE_STOP_REPEAT_MS = 2 * SECOND_MS

/** Simulations that one organization may have waiting or running, and those that run at once, each on a core. */
export const SIMULATIONS_OPEN_MAX = 20
export const SIMULATIONS_AT_ONCE = 1
/** How often the progress of a simulation is noted. */
export const SIMULATION_LOOK_EVERY_MS = 250
/** At most so many recorded requests are run through a route that is tried. */
export const ROUTE_REPLAYED_MAX = 20_000
/** A breaker of which nothing was heard for so long after its pause is forgotten: its gateway may be gone. */
export const BREAKER_REMEMBERED_MS = 5 * MINUTE_MS
/** How long it is known which servers a request was tried at. What it cost is kept for ever. */
export const USAGE_DETAIL_KEPT_MS = 31 * 24 * 60 * MINUTE_MS
/** How long it is known of which task a request was an attempt, and what was reported of tasks: three months and a bit. */
export const TASK_KEPT_MS = 100 * 24 * 60 * MINUTE_MS
/** So many attempts and reports of one task are shown at most. */
export const TASK_SHOWN_MAX = 1_000
/** How long it is known how a model answered, hour by hour; and how often gateways say so. */
export const MODEL_MEASURE_KEPT_MS = 31 * 24 * 60 * MINUTE_MS
export const MODEL_MEASURE_TOLD_EVERY_MS = 5 * SECOND_MS
/** How long the request log goes back, and how much of it is listed where nothing is said. */
export const REQUEST_KEPT_MS = 31 * 24 * 60 * MINUTE_MS
export const REQUEST_LISTED_MS = 24 * 60 * MINUTE_MS
/** How often a gateway writes the lines of requests that used nothing, and how many may wait there. */
export const REQUEST_LINES_EVERY_MS = SECOND_MS / 2
export const REQUEST_LINES_WAITING_MAX = 2_000
/** Of one project such lines are kept so many at once, and then so many a second; the others are counted. */
export const REQUEST_LINES_BURST = 200
export const REQUEST_LINES_PER_SECOND = 2
export const REQUEST_LINES_PROJECTS_MAX = 10_000
/** How often a live tail looks, and how many requests it takes at once; what is older is left out, and counted. */
export const REQUEST_TAIL_LOOK_MS = SECOND_MS / 2
export const REQUEST_TAIL_ROWS_MAX = 1_000

/** Series that a gateway keeps of each metric for a collector; beyond, all go into one. */
export const OTEL_SERIES_MAX = 1_000

export const SIMULATION_KEPT_MS = 90 * 24 * 60 * MINUTE_MS
/** The text of a job trace once it is unpacked, and the jobs in it. */
export const SIMULATION_TRACE_BYTES_MAX = 32 * MIB
export const SIMULATION_TRACE_JOBS_MAX = 200_000

/** Files for batches: the largest one, and all of a project together. */
export const FILE_BYTES_MAX = 200 * MIB
export const FILES_OF_PROJECT_BYTES_MAX = 4096 * MIB
/** In the database a file lies in pieces of this size. */
export const FILE_CHUNK_BYTES = 1 * MIB
/** How long a file stays unless it was given less, and how long one may take to arrive. */
export const FILE_KEPT_MS = 30 * 24 * 60 * MINUTE_MS
export const FILE_ARRIVES_WITHIN_MS = 60 * MINUTE_MS
/** A file of which nothing arrives for so long is given up, and so many may arrive at one gateway at once. */
export const UPLOAD_SILENCE_MAX_MS = 60 * SECOND_MS
export const UPLOADS_AT_ONCE = 8
/** Lines of a batch, and the bytes of one. */
export const BATCH_LINES_MAX = 50_000
export const BATCH_LINE_BYTES_MAX = 16 * MIB
/** The window of a batch: what is not answered by then is not answered. */
export const BATCH_WINDOW_MS = 24 * 60 * MINUTE_MS
/** Batches that one project may have open. */
export const BATCHES_OPEN_MAX = 100
/** Of a file that is wrong, at most so many lines are told. */
export const BATCH_FAULTS_MAX = 50
/** How long a line is a gateway's without a word from it, and how often it gives one. */
export const BATCH_CLAIM_MS = 30 * SECOND_MS
export const BATCH_RENEW_EVERY_MS = 5 * SECOND_MS
/** Lines of one model that one gateway asks at once, whatever room there is. */
export const BATCH_LINES_AT_ONCE = 32
/** A line that servers fail so often is a failed line. */
export const BATCH_LINE_FAILURES_MAX = 4
/** How long a batch is left in peace when nobody could pay for its next line, or a server failed it. */
export const BATCH_PAUSE_MS = 10 * SECOND_MS
/** How often it is seen whether a batch is over, and how often gateways look for lines unasked. */
export const BATCH_LOOK_EVERY_MS = 1 * SECOND_MS
export const BATCH_IDLE_LOOK_EVERY_MS = 15 * SECOND_MS
/** How long the lines of a batch that is over can be counted; its results are files. */
export const BATCH_LINES_KEPT_MS = 30 * 24 * 60 * MINUTE_MS

/** How often it is seen which services are due for a check, and how many are checked at once. */
export const HEALTH_LOOK_EVERY_MS = 1 * SECOND_MS
export const HEALTH_CHECKS_AT_ONCE = 64
/** An engine that has not answered a call by then has not answered. */
export const ENGINE_ANSWER_WITHIN_MS = 25 * SECOND_MS
/** A call to an engine that takes longer counts as hanging; while so many hang, new ones fail at once. */
export const ENGINE_SLOW_AFTER_MS = 3 * SECOND_MS
export const ENGINE_CALLS_HANGING_MAX = 6

/** How often book and engine are compared, and how soon again when a difference may settle by itself. */
export const RECONCILE_EVERY_MS = 10 * SECOND_MS
export const RECONCILE_AGAIN_MS = 2 * SECOND_MS
/** How often the work that an engine runs by itself, and the slots that it picks, are looked at when nothing was heard. */
export const FOLLOW_EVERY_MS = 1 * SECOND_MS
/** How often all of it is looked at though nothing changed. */
export const FOLLOW_WHOLE_EVERY_MS = 5 * SECOND_MS
/** How often the active check of a pool is looked at, and a node that is due for one looked for. */
export const CHECK_LOOK_EVERY_MS = 2 * SECOND_MS
/** What a health check may print at most, where what it prints is read. */
export const CHECK_OUTPUT_BYTES_MAX = 4 * 1024 * 1024
/** A sample of the owner’s demand is kept this often though nothing changed. */
export const DEMAND_SAMPLE_EVERY_MS = 60 * SECOND_MS
/** How long the history of the owner's demand is kept. */
export const DEMAND_KEPT_MS = 400 * 24 * 60 * MINUTE_MS
/** How far back the engine’s own accounting is compared with ours, and by how much they may differ. */
export const USAGE_COMPARED_MS = 60 * MINUTE_MS
export const USAGE_TOLERANCE_MS = 10 * SECOND_MS
/** How much of a node’s history is shown. */
export const NODE_FACTS_SHOWN = 100

/** What a lease left is kept for this long after its end, and at most so many of its files are listed. */
export const ARTIFACTS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS
export const ARTIFACTS_LISTED_MAX = 10_000

/** The expected start of what waits follows from how long leases ran in so long, and from what was asked for in so long. */
export const STARTS_LEARNED_MS = 30 * 24 * 60 * MINUTE_MS
export const STARTS_LATELY_MS = 24 * 60 * MINUTE_MS
/** Of a list, so many of those that wait are told when they are likely to start. */
export const STARTS_TOLD_MAX = 100
/** With more leases than that open on a pool, a start is reckoned only where one is asked for. */
export const STARTS_UNASKED_OPEN_MAX = 500

/** How often the market looks at the book when nothing was heard. */
export const MARKET_CYCLE_EVERY_MS = 1 * SECOND_MS

/** Spot orders meet what is free once in each window of this length, aligned to the hour. */
export const CLEARING_WINDOW_MS = 1 * MINUTE_MS
/** Spot with a guarantee has a reserve that is higher by this share of that of plain spot, in millionths, by its hours. */
export const GUARANTEE_PREMIUM_PPM: Readonly<Record<number, number>> = {
  1: 100_000,
  2: 150_000,
  4: 250_000,
}
/** At most so many orders take part in a window of a pool, the highest bids first; the others wait for the next. */
export const CLEARING_ORDERS_MAX = 10_000
/** The reserve is no lower than this share of the list price of spot, in millionths. */
export const RESERVE_FLOOR_PPM = 100_000
/** Up to this use of a pool the reserve is its floor, in millionths. */
export const RESERVE_KNEE_PPM = 500_000
/** A price moves by at most this share from one window to the next, in millionths. */
export const PRICE_MOVE_PPM = 200_000
/** With fewer bids a window is quoted from the reserve, after so many that were put together. */
export const CLEARING_DEPTH_MIN = 3
export const CLEARING_MERGES_MAX = 0
/** One buyer gets no more than this share of a window while others want it, in millionths. */
export const BUYER_SHARE_PPM = 500_000
/** So many gangs that found no room are tried in the place of cheaper ones. */
export const CLEARING_SWAPS_MAX = 32
/** How long after an hour it is posted what the owner's teams owe for it. */
export const TRANSFER_AFTER_HOUR_MS = 2 * MINUTE_MS
/** Hours this far back are looked at again, and what differs is posted; after a pause, hours this far back are made up for. */
export const TRANSFER_CORRECTED_MS = 48 * 60 * MINUTE_MS
export const TRANSFER_BACK_MS = 31 * 24 * 60 * MINUTE_MS
/** How long the price of a quote is kept. */
export const QUOTE_KEPT_MS = 10 * MINUTE_MS
/** How long an order stands when it does not say, and at most. */
export const ORDER_STANDS_MS = 24 * 60 * MINUTE_MS
export const ORDER_STANDS_MAX_MS = 30 * 24 * 60 * MINUTE_MS
/** A history of prices has at most so many points. */
export const PRICE_POINTS_MAX = 1_000

/** The trend of the owner's demand is read from so many steps of this length, up to now. */
export const DEMAND_STEP_MS = 1 * MINUTE_MS
export const DEMAND_STEPS = 10
/** Beyond a notice, what the owner's demand will want within this is freed beforehand. */
export const SHRINK_AHEAD_MS = 1 * MINUTE_MS
/** Beyond that, who would be taken back within this is told that the risk is elevated. */
export const RISK_AHEAD_MS = 5 * MINUTE_MS
/** An elevated risk stands for so long at least, and is not told again before so long. */
export const RISK_HELD_MS = 1 * MINUTE_MS
export const RISK_TOLD_EVERY_MS = 10 * MINUTE_MS

/** First and longest pause before a failed step is tried again. */
export const STEP_RETRY_MIN_MS = 200
export const STEP_RETRY_MAX_MS = 30 * SECOND_MS

/** First and longest pause before a crashed replica is started again, and when its crashes are forgotten. */
export const REPLICA_BACKOFF_MIN_MS = 1 * SECOND_MS
export const REPLICA_BACKOFF_MAX_MS = 2 * MINUTE_MS
export const REPLICA_STEADY_AFTER_MS = 1 * MINUTE_MS
/** How long a replica may load before it counts as failed. */
export const REPLICA_READY_WITHIN_MS = 10 * MINUTE_MS

/** A replica that is to go is left so long at least, for every gateway to know, and at most, for answers under way. */
export const REPLICA_DRAIN_SETTLE_MS = 1 * SECOND_MS
export const REPLICA_DRAIN_WITHIN_MS = 2 * MINUTE_MS
/** How long it takes to start one is the median of so many. */
export const COLD_STARTS_JUDGED = 5
/** How often it is decided how many replicas a deployment shall have, and for how long that is kept. */
export const SCALING_EVERY_MS = 10 * SECOND_MS
export const SCALING_KEPT_MS = 7 * 24 * 60 * MINUTE_MS
/** In a simulation it is decided less often: demand changes by the hour there. */
export const SIMULATED_SCALING_EVERY_MS = 1 * MINUTE_MS
/** What was wanted of a deployment so long ago counts half: for one more replica, and for keeping one. */
export const SCALING_SHORT_MS = 30 * SECOND_MS
export const SCALING_LONG_MS = 5 * MINUTE_MS
/** Of what is older nobody asks. */
export const SCALING_LOOKS_BACK_MS = 30 * MINUTE_MS
/** A replica has to be worth more than its room for so long before it is started. */
export const SCALING_START_AFTER_MS = 10 * SECOND_MS
/** What a token earns, and the most that a replica was seen to make, is of the time up to now. */
export const SCALING_MEASURED_MS = 24 * 60 * MINUTE_MS
/** A request for a model without replicas is held for so long at most, and so many in one gateway. */
export const REQUEST_HELD_MS = 25 * SECOND_MS
export const REQUESTS_HELD_MAX = 256
/** A gateway says this often which requests it holds; one that said nothing for longer than that twice holds none. */
export const HELD_TOLD_EVERY_MS = 5 * SECOND_MS

/** How long the API waits for the next event before it writes a comment to keep the stream open. */
export const EVENT_STREAM_PING_MS = 15 * SECOND_MS
/** An event stream ends after this long, so that a revoked credential does not listen on. */
export const EVENT_STREAM_LIFE_MS = 5 * MINUTE_MS
/** How soon a reader of events looks again when one must wait for an older transaction to end. */
export const EVENT_HELD_UP_LOOK_MS = 50
/** How many events are read at once for a stream. */
export const EVENT_PAGE_ROWS = 500
/** How long events are kept for streams to continue from. */
export const EVENT_KEPT_MS = 7 * 24 * 60 * MINUTE_MS

/** How many webhooks an organization may have. */
export const WEBHOOKS_MAX = 20
/** An endpoint gets this long to answer one attempt, name look-up and TLS included. */
export const WEBHOOK_ANSWER_WITHIN_MS = 10 * SECOND_MS
/** How much of an endpoint's answer is read, and how much of that is kept to be shown. */
export const WEBHOOK_ANSWER_BYTES_MAX = 4 * KIB
export const WEBHOOK_EXCERPT_CHARACTERS_MAX = 200
/** So many attempts run at once for one endpoint in each lane (urgent, usual), and for how many lanes at once. */
export const WEBHOOK_LANE_CONCURRENCY_MAX = 4
export const WEBHOOK_LANES_AT_ONCE_MAX = 64
/** Pauses after each attempt that failed, in ms, with up to a fifth more; after the last one a delivery has failed. */
export const WEBHOOK_RETRY_AFTER_MS = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 25_200_000, 32_400_000,
]
/** The same for what cannot wait: notices, warnings of them, and tests. */
export const WEBHOOK_URGENT_RETRY_AFTER_MS = [
  1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000,
  57_600_000,
]
/** An endpoint to which nothing could be delivered for this long is disabled. */
export const WEBHOOK_DISABLED_AFTER_MS = 3 * 24 * 60 * MINUTE_MS
/** After a rotation, the secret before it signs too for this long. */
export const WEBHOOK_PREVIOUS_SECRET_VALID_MS = 24 * 60 * MINUTE_MS
/** How long deliveries that are over are kept to be looked at, or sent again. */
export const WEBHOOK_DELIVERY_KEPT_MS = 30 * 24 * 60 * MINUTE_MS
/** How often events are looked for when nothing was heard. */
export const WEBHOOK_LOOK_EVERY_MS = 1 * SECOND_MS

export const SIGN_IN_CODE_VALID_MS = 15 * MINUTE_MS

/** The gateway gets this long to finish its streams at a stop. */
export const GATEWAY_DRAIN_MS = 10 * SECOND_MS

/** At an orderly stop, replicas get this long to end before the server ends without them. */
export const REPLICA_STOP_WITHIN_MS = 8 * SECOND_MS

/** A start waits this long to become the active controller before it says that another one is. */
export const CONTROLLER_WITHIN_MS = 5 * SECOND_MS

export const HOUSEKEEPING_EVERY_MS = 60 * MINUTE_MS

/** A start waits this long for its models before it says that it is ready without them. */
export const MODELS_WITHIN_MS = 10 * SECOND_MS

/** How much of the owner’s past is learned from, and how often anew. */
export const FORECAST_LEARNED_MS = 90 * 24 * 60 * MINUTE_MS
export const FORECAST_LEARN_EVERY_HOURS = 96
/** How long after an hour it is forecast from. */
export const FORECAST_AFTER_HOUR_MS = 10 * SECOND_MS
/** Over how many hours forecasts are held against what came, and how long they are kept. */
export const FORECAST_JUDGED_HOURS = 744
export const FORECAST_KEPT_MS = 400 * 24 * 60 * MINUTE_MS
/** For how long after its hour a forecast still has a say in the market’s decisions. */
export const FORECAST_HOLDS_HOURS = 3
/** How often the rate at which promises are sold follows from those that broke and those that wait. */
export const SURPLUS_RATE_EVERY_HOURS = 24

/** Blocks begin and end on it. */
export const BLOCK_GRID_MS = 60 * MINUTE_MS
/** How far ahead a block may begin, and how long it may be. */
export const BLOCK_AHEAD_MAX_MS = 56 * 24 * 60 * MINUTE_MS
export const BLOCK_LENGTH_MAX_MS = 28 * 24 * 60 * MINUTE_MS
/** Room for a block is gathered so long before its start, beside the notice, minimum run and grace of those who go for it. */
export const BLOCK_LEAD_SLACK_MS = 1 * MINUTE_MS
/** What a lease with a time limit may need beyond it, to start and to end. */
export const BLOCK_STAY_SLACK_MS = 5 * MINUTE_MS
/** Room that is there so soon after the start counts as there from the start. */
export const BLOCK_LATE_FORGIVEN_MS = 1 * MINUTE_MS
/** What a block sold back is back so long after it was withdrawn, beside notice and minimum run, or is missing. */
export const BLOCK_BACK_SLACK_MS = 10 * MINUTE_MS
/** So long after a block is over, what ran until then is metered. */
export const BLOCK_METERED_AFTER_MS = 10 * MINUTE_MS
/** How often a block within its hours is looked at. */
export const BLOCK_LOOK_EVERY_MS = 30 * SECOND_MS
/** Block offerings that a search gives at most. */
export const BLOCK_OFFERINGS_MAX = 8
