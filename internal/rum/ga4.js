// What pages load when visitors are measured with Google Analytics 4: the
// event that web-vitals documents, sent through the gtag() of the page.
// HONE_RUM_* are written in when a site is built.
import {onCLS, onFCP, onINP, onLCP, onTTFB} from 'web-vitals';

if (Math.random() < HONE_RUM_SAMPLE) {
  const send = ({name, delta, value, id, rating}) => {
    if (typeof gtag === 'function') {
      gtag('event', name, {
        value: delta, // so that values can be summed
        metric_id: id,
        metric_value: value,
        metric_delta: delta,
        metric_rating: rating,
        send_to: HONE_RUM_ENDPOINT,
      });
    }
  };
  for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(send);
}
