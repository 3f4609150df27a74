/*-------------------------------------------------------------------------
 * rule_allow.h
 *	  What a condition may contain, and what it does with time zones.
 *
 * Private to the rule_*.c that make an expression of a text.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_ALLOW_H
#define LEADCRM_RULE_ALLOW_H

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "pgtime.h"

#include "rule.h"

/* A text on its way to an expression. */
typedef struct RuleSource
{
	const char *text;			/* as it was written */
	TupleDesc	tupdesc;		/* of the rows it is about */
	const char *row_name;		/* of their table, or NULL */
	const char *time_zone;		/* NULL: it must not depend on one */
	bool		is_key;			/* an identity key, not a condition */
	ParseState *pstate;
	Node	   *raw;
	List	   *literals;		/* of A_Const: the strings in it */
	int			error_position; /* in characters, while an error is reported */
} RuleSource;

/* What calling a function can do. */
typedef enum RuleCall
{
	CALL_REFUSED,
	CALL_CANNOT_FAIL,
	CALL_MAY_FAIL,
	/* these cannot fail ... */
	CALL_OF_TEXT,				/* in a database in UTF-8 */
	CALL_SEARCH,				/* in a deterministic collation */
	CALL_LIKE,					/* likewise, if argument 2 is a good constant pattern */
	CALL_PART,					/* likewise, if argument 3 is a constant, not zero */
	CALL_LENGTH,				/* if argument 3 is a constant, not negative */
	CALL_CONTAINS,				/* if argument 2 is a constant, not too deep */
	CALL_TRUNCATES,				/* if argument 3 is true */
	/* these cannot fail, and are refused unless ... */
	CALL_FIELD,					/* argument 1 is the constant name of a field */
	CALL_IN_ZONE,				/* the last one, if it is a zone, is a constant */
	/* never called: rule_zone.c puts others in the place of these */
	CALL_BOUND
} RuleCall;

/* rule_shape.c */
extern void leadcrm_rule_check_shape(RuleSource *source);

/* rule_vocabulary.c */
extern bool leadcrm_rule_operator_known(const char *name);
extern bool leadcrm_rule_function_known(const char *name);
extern RuleCall leadcrm_rule_call(Oid function);

/* rule_allow.c */
extern bool leadcrm_rule_type_allowed(Oid type);
extern void leadcrm_rule_allow(RuleSource *source, Node *expr);
extern RuleClass leadcrm_rule_class(Node *expr, int *location);
extern bool leadcrm_rule_uses_as_of(Node *expr);

/* rule_zone.c */
extern Node *leadcrm_rule_bind_zone(Node *expr, const char *time_zone);

/* rule_safe.c */
extern pg_tz *leadcrm_time_zone(const char *name);

#endif							/* LEADCRM_RULE_ALLOW_H */
