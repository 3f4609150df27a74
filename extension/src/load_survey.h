/*-------------------------------------------------------------------------
 * load_survey.h
 *	  The ledger of loads as a whole, kept between statements.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LOAD_SURVEY_H
#define LEADCRM_LOAD_SURVEY_H

#include "lib/ilist.h"
#include "utils/date.h"

#include "workspace.h"

/* Columns of rep_load, in the order in which the template makes them. */
enum
{
	LOAD_ID,
	LOAD_REP,
	LOAD_VIA,
	LOAD_OPEN,
	LOAD_TURN,
	LOAD_DAY,
	LOAD_DEALT,
	LOAD_FOLDED,
	LOAD_NCOLUMNS
};

/* A version of a row of rep_load that is committed or in flight. */
typedef struct SurveyRow
{
	dlist_node	link;			/* among those of its rep */
	TransactionId writer;
	int64		id;
	text	   *via;
	int64		open;
	double		turn;
	DateADT		day;
	int64		dealt;
	bool		in_flight;		/* its writer is another, in progress */
} SurveyRow;

typedef struct LoadSurvey LoadSurvey;

extern LoadSurvey *leadcrm_load_survey_take(Workspace *ws, Relation rel, BlockNumber most);
extern bool leadcrm_load_survey_unsettled(const LoadSurvey *survey);
extern dlist_head *leadcrm_load_survey_rows(LoadSurvey *survey, const char *rep);

#endif							/* LEADCRM_LOAD_SURVEY_H */
