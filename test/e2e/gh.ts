/**
 * GitHub's command line, as far as the workflows use it: issues, as many as there are lines in the file ISSUES, and the
 * history that an earlier run has left, in the directory LEFT if that names one.
 */
export const GH = `#!/bin/bash
case "$1 $2" in
  'api repos/octocat/backups/actions/artifacts?name=restore-drill-history&per_page=30')
    test -z "$LEFT" || echo 41; exit ;;
  'run download') test "$3 $4 $5 $6 $7" = '41 --name restore-drill-history --dir history' && cp -r "$LEFT/." history; exit ;;
esac
printf '%s\\n' "$*" >>"$ISSUES.asked"
case "$1 $2" in
  'issue list') test ! -e "$ISSUES" || echo 7 ;;
  'issue create') echo created >>"$ISSUES" ;;
  'issue comment') echo "commented $3" >>"$ISSUES" ;;
  *) exit 1 ;;
esac
`;
