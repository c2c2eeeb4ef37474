// What the admin's own scripts may not do here. The Content-Security-Policy refuses both; without this they would try.

htmx.config.includeIndicatorStyles = false; // it would write a style element into the page
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
