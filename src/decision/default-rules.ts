// The rules that a site starts with. Text, as an operator would write it: see fuzzy-rules.ts for the grammar and fuzzy-sets.ts for
// the words.
export const defaultRules = `# The seed's own example: an urgent group whose requests will often be far too late.
if (priority is urgent) and (probability is abundant) and (response_time is too_high) then request

# Anybody's requests will often be late.
if probability is abundant and response_time is high then request

# Little room is left, and some requests will be late: urgent groups do not wait until it is many.
if priority is urgent and probability is likely and balance is strained then request

# Nothing is late yet, but what is asked for reaches what there is.
if balance is exhausted and probability is likely then request

# Fast, hardly ever late, much room.
if response_time is low and probability is negligible and balance is slack then offer

# A group of low priority gives when it is merely fast enough.
if priority is low and response_time is acceptable and probability is rare and balance is slack then offer
`
