/*-------------------------------------------------------------------------
 * sees_owner.c
 *	  Whose numbers the acting role sees, asked of every row that reports read.
 *
 * sees_numbers() and my_reps() of the workspace say it.  They are asked once
 * for each execution of a query, and the answer stays with the expression.  As
 * (SELECT sees_numbers()) it would be asked once, too, but a view with
 * security_barrier that asks so is never read in parallel.
 *
 * A parallel worker asks for itself.  It acts for the same role as its leader:
 * in a restricted operation nobody does, save a manager (acting_role.c), and
 * managers read no view that asks.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Whose numbers the acting role sees. */
typedef struct Sight
{
	bool		all;
	int			nowners;
	text	  **owner;			/* in the order of compare_text() */
} Sight;

static Sight *ask_sight(Oid home, MemoryContext cxt);
static void ask(Oid home, const char *query);
static int	compare_text(const void *a, const void *b);

PG_FUNCTION_INFO_V1(leadcrm_sees_owner);

/*
 * leadcrm._sees_owner(home regclass, owner text) returns boolean
 *		Does the acting role see the numbers of leads of this owner, or of
 *		nobody?
 *
 * home: a table of the workspace, the same in all calls of an expression.
 *
 * Runs sees_numbers() and my_reps() as the caller, who needs EXECUTE on them.  What
 * they are asked by leans on nothing that his search_path could name.
 */
Datum
leadcrm_sees_owner(PG_FUNCTION_ARGS)
{
	Sight	   *sight = fcinfo->flinfo->fn_extra;
	text	   *owner;

	if (sight == NULL)
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_BOOL(false);
		sight = ask_sight(PG_GETARG_OID(0), fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = sight;
	}
	if (sight->all)
		PG_RETURN_BOOL(true);
	if (sight->nowners == 0 || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	owner = PG_GETARG_TEXT_PP(1);
	PG_RETURN_BOOL(bsearch(&owner, sight->owner, sight->nowners, sizeof(text *), compare_text) != NULL);
}

static Sight *
ask_sight(Oid home, MemoryContext cxt)
{
	Sight	   *sight = MemoryContextAllocZero(cxt, sizeof(Sight));

	ask(home, "SELECT WHERE %s.sees_numbers()");
	sight->all = SPI_processed > 0;
	SPI_finish();
	if (sight->all)
		return sight;

	ask(home, "SELECT r FROM pg_catalog.unnest(%s.my_reps()) r WHERE r IS NOT NULL");
	sight->nowners = (int) SPI_processed;
	sight->owner = MemoryContextAlloc(cxt, (sight->nowners + 1) * sizeof(text *));
	for (int i = 0; i < sight->nowners; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		bool		isnull;

		sight->owner[i] = DatumGetTextPCopy(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	qsort(sight->owner, sight->nowners, sizeof(text *), compare_text);
	return sight;
}

/*
 * Ask the workspace of a table; the caller ends SPI.
 *
 * query: with %s for its schema.
 */
static void
ask(Oid home, const char *query)
{
	const char *schema = get_namespace_name(get_rel_namespace(home));
	StringInfoData buf;

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", home)));
	initStringInfo(&buf);
	appendStringInfo(&buf, query, quote_identifier(schema));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(buf.data, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", buf.data);
}

/* By length and bytes: any order will do. */
static int
compare_text(const void *a, const void *b)
{
	const text *s = *(text *const *) a;
	const text *t = *(text *const *) b;
	int			ls = VARSIZE_ANY_EXHDR(s);
	int			lt = VARSIZE_ANY_EXHDR(t);

	return ls != lt ? (ls < lt ? -1 : 1) : memcmp(VARDATA_ANY(s), VARDATA_ANY(t), ls);
}
