/*-------------------------------------------------------------------------
 * furthest.c
 *	  How far along a list of stages somebody got.
 *
 * Reports ask this of each group of leads that they count, so it walks over
 * the two arrays where they lie.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

/* A walk over the elements of a text array, in storage order. */
typedef struct TextWalk
{
	char	   *at;
	bits8	   *nulls;			/* or NULL */
	int			n;
	int			next;
} TextWalk;

static void walk_begin(TextWalk *walk, ArrayType *array);
static bool walk_next(TextWalk *walk, char **element);

PG_FUNCTION_INFO_V1(leadcrm_furthest);

/*
 * leadcrm.furthest(reached text[], stages text[]) returns integer
 *		The number of the last of these stages that was reached, 0 if none was.
 *
 * Both are read in storage order, elements that are NULL count as places and
 * match nothing.  Raises 42804 unless both are of text.
 */
Datum
leadcrm_furthest(PG_FUNCTION_ARGS)
{
	ArrayType  *reached = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType  *stages = PG_GETARG_ARRAYTYPE_P(1);
	TextWalk	stage;
	char	   *name;
	int			furthest = 0;

	if (ARR_ELEMTYPE(reached) != TEXTOID || ARR_ELEMTYPE(stages) != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("stages must be arrays of text")));
	walk_begin(&stage, stages);
	while (walk_next(&stage, &name))
	{
		TextWalk	been;
		char	   *other;

		if (name == NULL)
			continue;
		walk_begin(&been, reached);
		while (walk_next(&been, &other))
		{
			if (other != NULL && VARSIZE_ANY_EXHDR(other) == VARSIZE_ANY_EXHDR(name) &&
				memcmp(VARDATA_ANY(other), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0)
			{
				furthest = stage.next;
				break;
			}
		}
	}
	PG_FREE_IF_COPY(reached, 0);
	PG_FREE_IF_COPY(stages, 1);
	PG_RETURN_INT32(furthest);
}

static void
walk_begin(TextWalk *walk, ArrayType *array)
{
	walk->at = ARR_DATA_PTR(array);
	walk->nulls = ARR_NULLBITMAP(array);
	walk->n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	walk->next = 0;
}

/* The next element, NULL for a NULL; false after the last. */
static bool
walk_next(TextWalk *walk, char **element)
{
	if (walk->next == walk->n)
		return false;
	if (walk->nulls != NULL && att_isnull(walk->next, walk->nulls))
		*element = NULL;
	else
	{
		*element = walk->at;
		walk->at = att_addlength_pointer(walk->at, -1, walk->at);
		walk->at = (char *) att_align_nominal(walk->at, TYPALIGN_INT);
	}
	walk->next++;
	return true;
}
