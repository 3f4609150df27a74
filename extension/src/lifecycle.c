/*-------------------------------------------------------------------------
 * lifecycle.c
 *	  Making, growing and opening lifecycles in the server.
 *
 * The bytes are lifecycle_form.c's business.  What is stored went through it,
 * so reading trusts everything but the version.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "lifecycle.h"

/*
 * leadcrm_lifecycle_begin
 *		Begin to read a detoasted value, packed or not.
 *
 * Raises XX001 if it is of a version that this one does not know.
 */
void
leadcrm_lifecycle_begin(LifecycleReader *r, const struct varlena *value)
{
	const uint8_t *bytes = (const uint8_t *) VARDATA_ANY(value);

	if (VARSIZE_ANY_EXHDR(value) < 3 || bytes[0] != LIFECYCLE_VERSION || bytes[1] != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s has an unknown format", "lifecycle")));
	lifecycle_read(r, bytes);
}

/*
 * leadcrm_lifecycle_make, leadcrm_lifecycle_make_softly
 *		A lifecycle of these entries, which stand in order of time.
 *
 * context: where to put a soft error; then returns NULL.
 *
 * Returns a new value.  Raises what leadcrm_lifecycle_fault does.
 */
struct varlena *
leadcrm_lifecycle_make(const LifecycleEntry *entries, int nentries)
{
	return leadcrm_lifecycle_make_softly(entries, nentries, NULL);
}

struct varlena *
leadcrm_lifecycle_make_softly(const LifecycleEntry *entries, int nentries, struct Node *context)
{
	uint16_t   *numbers = palloc(nentries * sizeof(uint16_t));
	LifecyclePlan plan;
	struct varlena *value;

	if (leadcrm_lifecycle_fault(leadcrm_lifecycle_plan(entries, nentries, numbers, &plan), context))
		return NULL;
	value = palloc(VARHDRSZ + plan.size);
	SET_VARSIZE(value, VARHDRSZ + plan.size);
	leadcrm_lifecycle_write(&plan, numbers, (uint8_t *) VARDATA(value));
	pfree(numbers);
	return value;
}

/*
 * leadcrm_lifecycle_append
 *		A lifecycle with one more entry.
 *
 * value: detoasted, packed or not, not modified; NULL is an empty one.
 *
 * Returns a new value, the only memory that is taken.  Raises 22023 if `at` is
 * earlier than the last entry, and what leadcrm_lifecycle_fault raises.
 */
struct varlena *
leadcrm_lifecycle_append(const struct varlena *value,
						 const char *stage, int len, TimestampTz at)
{
	LifecycleEntry entry = {stage, len, at};
	LifecycleReader r;
	const uint8_t *moves;
	const uint8_t *name;
	struct varlena *result;
	uint8_t    *p;
	int			number;
	int			nstages;
	size_t		dictionary_len;
	size_t		moves_len;
	uint64_t	span;
	size_t		size;

	if (value == NULL)
		return leadcrm_lifecycle_make(&entry, 1);
	leadcrm_lifecycle_begin(&r, value);
	if (r.nentries == 0)
		return leadcrm_lifecycle_make(&entry, 1);

	moves = r.p;
	while (lifecycle_step(&r))
		;
	leadcrm_lifecycle_fault(len == 0 ? LIFECYCLE_STAGE_EMPTY :
							len > LIFECYCLE_STAGE_MAX ? LIFECYCLE_STAGE_LONG :
							!IS_VALID_TIMESTAMP(at) ? LIFECYCLE_TIME_RANGE :
							at < r.at ? LIFECYCLE_ORDER :
							r.nentries == LIFECYCLE_ENTRIES_MAX ? LIFECYCLE_ENTRIES_MANY :
							LIFECYCLE_OK, NULL);

	name = r.dictionary;
	for (number = 0; number < r.nstages; number++)
	{
		if (*name == len && memcmp(name + 1, stage, len) == 0)
			break;
		name += 1 + *name;
	}
	nstages = r.nstages;
	dictionary_len = r.dictionary_len;
	if (number == nstages)
	{
		if (nstages == LIFECYCLE_STAGES_MAX)
			leadcrm_lifecycle_fault(LIFECYCLE_STAGES_MANY, NULL);
		nstages++;
		dictionary_len += 1 + len;
	}

	/* the old moves with the first time before them stay as they are */
	moves -= 8;
	moves_len = r.p - moves;
	span = (uint64_t) at - (uint64_t) r.at;
	size = VARHDRSZ + 2 + lifecycle_varint_len(r.nentries + 1) +
		lifecycle_varint_len(nstages) + lifecycle_varint_len(dictionary_len) + dictionary_len +
		moves_len + lifecycle_entry_len(number, span);
	result = palloc(size);
	SET_VARSIZE(result, size);

	p = (uint8_t *) VARDATA(result);
	*p++ = LIFECYCLE_VERSION;
	*p++ = 0;
	p = lifecycle_put_varint(p, r.nentries + 1);
	p = lifecycle_put_varint(p, nstages);
	p = lifecycle_put_varint(p, dictionary_len);
	memcpy(p, r.dictionary, r.dictionary_len);
	p += r.dictionary_len;
	if (nstages > r.nstages)
	{
		*p++ = (uint8_t) len;
		memcpy(p, stage, len);
		p += len;
	}
	memcpy(p, moves, moves_len);
	p += moves_len;
	p = lifecycle_put_entry(p, number, span);
	Assert(p == (uint8_t *) result + size);
	return result;
}

/*
 * leadcrm_lifecycle_fault
 *		Raise what is wrong with entries, if anything is.
 *
 * context: NULL, or where to put a soft error; then returns true.
 *
 * Raises 22023 for a name that is empty or too long and for an entry out of order,
 * 22008 for a time that is not finite, 54000 beyond the limits, 22P02 for the
 * rest.
 */
bool
leadcrm_lifecycle_fault(LifecycleFault fault, struct Node *context)
{
	switch (fault)
	{
		case LIFECYCLE_OK:
			break;
		case LIFECYCLE_STAGE_EMPTY:
			ereturn(context, true,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("stage must not be empty")));
		case LIFECYCLE_STAGE_LONG:
			ereturn(context, true,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("stage must not be longer than %d bytes", LIFECYCLE_STAGE_MAX)));
		case LIFECYCLE_TIME_RANGE:
			ereturn(context, true,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("time of a stage must be finite")));
		case LIFECYCLE_ORDER:
			ereturn(context, true,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("stage must not be entered before the one it follows")));
		case LIFECYCLE_STAGES_MANY:
			ereturn(context, true,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("lifecycle cannot have more than %d different stages",
							LIFECYCLE_STAGES_MAX)));
		case LIFECYCLE_ENTRIES_MANY:
			ereturn(context, true,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("lifecycle cannot have more than %d entries",
							LIFECYCLE_ENTRIES_MAX)));
		case LIFECYCLE_SYNTAX:
		case LIFECYCLE_TIME:
			ereturn(context, true,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type %s", "lifecycle")));
	}
	return false;
}
